overview-lead = State of the network and of compliance
overview-map = Map of sites
overview-all-targets = All targets
overview-no-sites = No site has coordinates yet.
overview-add-site = Add a site
overview-alarms = Open alarms
overview-no-alarms = No alarm is open.
overview-duties = Due this month
overview-no-duties = Nothing else is due this month.
overview-compliance = Compliance by regulation
overview-groups = Compliance by group of units
overview-sites-up = Sites up
overview-availability = Availability this month
overview-alarms-open = Open alarms
overview-breached = Clauses breached
overview-due = Due
overview-of = { $n ->
    [one] of { $shown } site
   *[other] of { $shown } sites
}
overview-behind = { $n ->
    [one] { $shown } site behind it
   *[other] { $shown } sites behind it
}
overview-no-data-time = without samples: { $x }
overview-worst-regulation = { $n ->
    [one] of { $shown } verdict
   *[other] of { $shown } verdicts
}
overview-overdue = { $shown } overdue
overview-title = The wide-area network of the province
overview-title-of = The wide-area network of { $x }
