tagline = Running the province's wide-area network
skip-to-content = Skip to content
nav-label = Main menu
nav-overview = Overview
nav-units = Units
nav-compliance = Compliance
nav-calendar = Calendar
nav-network = Network
nav-logs = Device logs
nav-registry = Registry and books
nav-journal = Change journal
nav-accounts = Accounts
nav-settings = Settings
search = Search
search-hint = Find units, devices, addresses, clauses
search-results = Search results
search-none = Nothing found for “{ $x }”. Try part of a name or code; diacritics are not needed.
search-start = Type part of a name, a code, an IP address or words of a clause. Diacritics are not needed.
typed-is-back = What was typed before is still here; check it and send it again.
typed-return = Back, with what was typed
live = Live
live-hint = The page updates itself when something changes
account-menu = Account and display
language = Language
theme = Theme
theme-auto = Automatic
theme-light = Light
theme-dark = Dark
my-account = My account
sign-out = Sign out
see-all = See all
save = Save
cancel = Cancel
delete = Delete
edit = Edit
add = Add
filter = Filter
apply = Apply
export-csv = Export CSV
import = Import a spreadsheet
download = Download
since = since
all = All
yes = Yes
no = No
none = None
next-page = Next page
previous-page = Previous page
done-saved = Saved.
done-saved-already = This was saved already and is not entered twice. Is it another one, change what tells them apart.
done-deleted = Deleted.
ago-seconds = just now
ago-minutes = { $n ->
    [one] { $shown } minute ago
   *[other] { $shown } minutes ago
}
ago-hours = { $n ->
    [one] { $shown } hour ago
   *[other] { $shown } hours ago
}
ago-days = { $n ->
    [one] { $shown } day ago
   *[other] { $shown } days ago
}
ago-months = { $n ->
    [one] { $shown } month ago
   *[other] { $shown } months ago
}
ago-years = { $n ->
    [one] { $shown } year ago
   *[other] { $shown } years ago
}
in-seconds = now
in-minutes = { $n ->
    [one] in { $shown } minute
   *[other] in { $shown } minutes
}
in-hours = { $n ->
    [one] in { $shown } hour
   *[other] in { $shown } hours
}
in-days = { $n ->
    [one] in { $shown } day
   *[other] in { $shown } days
}
in-months = { $n ->
    [one] in { $shown } month
   *[other] in { $shown } months
}
in-years = { $n ->
    [one] in { $shown } year
   *[other] in { $shown } years
}
span-seconds = { $shown } s
span-minutes = { $shown } min
span-hours = { $shown } h
span-days = { $n ->
    [one] { $shown } day
   *[other] { $shown } days
}
span-months = { $n ->
    [one] { $shown } month
   *[other] { $shown } months
}
span-years = { $n ->
    [one] { $shown } year
   *[other] { $shown } years
}
unjudged-yet = Judging anew from the facts that are there; the verdicts on this page are those of the time before.
unjudged-since = Not judged anew since { $x }: the verdicts on this page are of that time. If it lasts, see the background tasks on the page of settings.
