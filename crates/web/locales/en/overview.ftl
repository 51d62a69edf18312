overview-lead = State of the network and of compliance
overview-map = Map of sites
overview-all-targets = All targets
overview-no-sites = No site has coordinates yet.
overview-add-site = Add a site
overview-alarms = Open alarms
overview-no-alarms = No alarm is open.
alarms-unwatched = Nothing is watched yet, so there can be no alarm.
alarms-silent = No alarm is open, but { $n ->
    [one] { $shown } target has
   *[other] { $shown } targets have
} no fresh samples.
overview-duties = Due within { $shown } days
overview-no-duties = Nothing is due within { $shown } days.
overview-compliance-none = No regulation is adopted for these units yet.
overview-compliance-adopt = Adoptions
overview-compliance = Compliance by regulation
overview-groups = Compliance by group of units
overview-sites-up = Sites up
overview-availability = Availability this month
overview-alarms-open = Open alarms
overview-breached = Clauses breached
overview-due = Due
overview-ahead = within { $shown } days
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
