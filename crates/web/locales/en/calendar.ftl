calendar-lead = All that the regulations ask for, on its last safe day. Days off come from the working calendar of the public sector.
calendar-months = Turn the month
calendar-month = Month
calendar-before = The month before
calendar-after = The month after
calendar-this-month = This month
calendar-today = today
calendar-subscribe = Add to my calendar
calendar-unit = Organization
calendar-every-unit = Every organization
calendar-overdue = { $shown } overdue
calendar-open = { $shown } open
calendar-done = { $shown } done
calendar-undated = Deadlines that cannot be computed
calendar-undated-lead = They are counted in working days over days off that are not announced. Enter that year's days off in policy/calendar, and they appear.
calendar-unknown = not announced: { $x }
calendar-more = and { $shown } more
calendar-list = By day
calendar-empty = Nothing is due this month.
calendar-feed-title = Giềng: duties under the regulations
weekday-0 = Monday
weekday-1 = Tuesday
weekday-2 = Wednesday
weekday-3 = Thursday
weekday-4 = Friday
weekday-5 = Saturday
weekday-6 = Sunday
duty-done = done in time
duty-late = done, late
duty-untimed = done, not clear when
duty-not-owed = not owed
duty-refused = refused
duty-too-late = notified too late
duty-undated = cannot be computed
duty-today = due today
duty-missed = time is up
duty-overdue = { $n ->
    [one] overdue by { $shown } day
   *[other] overdue by { $shown } days
}
duty-left = { $n ->
    [one] { $shown } day left
   *[other] { $shown } days left
}
duty-answer-to = answer to { $x }
duty-until = until { $x }
duty-limit-hours = within { $shown } hours
duty-limit-days = within { $shown } days
duty-limit-working-days = within { $shown } working days
duty-limit-hours-ahead = at least { $shown } hours before
duty-limit-days-ahead = at least { $shown } days before
duty-limit-working-days-ahead = at least { $shown } working days before
duty-chosen = chosen by the province
duty-gap = days off of { $x } are not entered
duty-fulfil = Do it
feeds = Calendar on phone and computer
feeds-lead = One address for each device or program that reads it (Google Calendar, Outlook, Thunderbird). Who has the address reads your calendar; a revoked one is dead.
feed-made = Copy this address into the calendar program now; it is shown once.
feed-name = Device or program
feed-make = Make an address
feed-used = last read
feed-unused = not read yet
done-feed-ended = The address is revoked.
feed-end = Revoke
duty-exemption-ends = the exemption ends
duty-finding = finding of an inspection, to be mended
duty-mend = Report it mended
duty-prolong = Prolong or end it
