unit-count = { $n ->
    [one] { $shown } unit
   *[other] { $shown } units
}
unit-registry = Registry of organizations
unit-find = Name or code of a unit
unit-group = Kind
unit-every-group = Every kind
unit-name = Unit
unit-code = Code
unit-connection = Connection
unit-verdicts = Verdicts
unit-no-site = No site yet
unit-none = No unit matches.
unit-record = Unit record
unit-todo = To do next
unit-todo-none = Nothing is left to do. Every clause that applies is met or not due yet.
unit-targets = Watched sites, circuits and devices
unit-no-targets = No site or device of this unit is watched yet.
unit-compliance = Compliance by article
unit-contacts = Contacts
unit-no-contacts = No IT officer or hotline is entered yet.
unit-history = Recent changes
due = due
rows = Pages
unit-page = Page of the unit
target-page = Page of the target
unit-former = The unit was active until { $x }. What follows is how it stood on that day.
unit-not-judged = The unit was just added and is not judged yet; verdicts follow within a minute.
unit-books-empty = { $n ->
    [one] { $shown } book without entries
   *[other] { $shown } books without entries
}
unit-todo-unknown = Nothing more to do for the unit; { $n ->
    [one] { $shown } verdict lacks
   *[other] { $shown } verdicts lack
} data.
