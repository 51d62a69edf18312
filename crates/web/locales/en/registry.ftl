registry-lead = The registry of the network and the books that the regulations ask for. Each can be imported from a spreadsheet.
registry-nouns = Registry
registry-books = Books
registry-find = Find, without diacritics if you like
registry-empty = No record yet.
registry-no-match = No record matches. Drop a filter.
registry-new = Add: { $x }
registry-edit = Edit: { $x }
required = Required
delete-question = Delete “{ $x }”? The journal keeps its history.
record-journal = History of the record
import-lead = Choose a CSV or XLSX file. The first pass is a trial: what would become of every row, which column is wrong, and why.
import-choose = Choose a file
import-file = CSV (comma or semicolon, UTF-8) or XLSX
import-limits = At most { $x }. The header is looked for in the first 30 lines.
import-try = Try it
import-template = Download a template
import-columns = Columns
import-trial = Result of the trial; nothing is written yet
import-written = Imported
import-created = New
import-updated = Changed
import-unchanged = The same
import-bad = Refused
import-apply = { $n ->
    [one] Import { $shown } good row
   *[other] Import { $shown } good rows
}
import-bad-file = Download the bad rows
import-line = Line
import-record = Record
import-fate = Fate
import-more = { $n ->
    [one] and { $shown } more row
   *[other] and { $shown } more rows
}
import-writing = Writing
import-reading = Trying it
import-running-hint = The page refreshes itself. When it is stopped, the rows that are in stay in; the same file sent again writes only the rest.
import-stop = Stop
import-look = Look again
import-stopped = Stopped
import-again = Try the rest again
import-sheets = Which sheet goes in?
import-sheet-rows = { $n ->
    [one] { $shown } row
   *[other] { $shown } rows
}
import-sheet-hidden = hidden
import-asks = Hidden rows
import-left = Not written
import-take-hidden = { $n ->
    [one] Take in { $shown } hidden row
   *[other] Take in { $shown } hidden rows
}
import-what = What changes, or why it is refused
import-write = Write:
import-emptied = (emptied)
import-unused = Columns that are not used
import-nearest = do you mean { $x }?
import-not-used = Not used
import-blank = A blank cell keeps what is there. To empty a field, write - or (clear).
fate-asks = Hidden; waits for your word
import-gone = The uploaded file is no longer kept
import-gone-next = Upload the file and try it again.
fate-create = New
fate-update = Changed
fate-unchanged = The same
fate-bad = Refused
journal-none = No change yet.
journal-lead = Every change: who, when, from where, before and after. A chain of SHA-256 hashes gives away any later edit.
journal-verify = Verify the chain
journal-good = { $n ->
    [one] The chain holds: { $shown } entry verified.
   *[other] The chain holds: { $shown } entries verified.
}
journal-bad = { $n ->
    [one] One place is not as it was written.
   *[other] { $shown } places are not as they were written.
} Stop changing data and tell the security officer. The first:
journal-noun = Kind of record
journal-every-noun = Every kind
journal-actor = Who
journal-organization = Unit code (with those below)
journal-older = Older changes
action-create = new
action-update = changed
action-delete = deleted
action-import = import
file-kept = The document that is kept
journal-value = Value
journal-account = Account
journal-setting = Setting
journal-attestation = The unit's own word
journal-attachment = Document
journal-alarm = Alarm
journal-api-token = Token
journal-vault = Log vault
journal-checkpoint = Checkpoint of the log vault
journal-verdicts = Verdicts
journal-baseline = Tables held from here on
action-judge = judged
action-begin = begun
action-baseline = stated as it is
action-sign-in = signed in
action-sign-in-failed = sign-in failed
action-sign-out = signed out
action-password = new password
action-one-time-link = link made
action-end-session = session ended
action-totp-on = two-step on
action-totp-reset = two-step removed
action-totp-failed = wrong code
action-new-device = new device
action-device-forgotten = device forgotten
action-recovery-made = recovery codes made
action-recovery-used = recovery code used
action-token-made = token made
action-feed-made = calendar address made
action-locked-out = sign-in began to wait
action-totp-locked = codes began to wait
action-acknowledge = acknowledged
action-refused-as-secret = refused as secret
export-xlsx = Export XLSX
field-gone = { $x } (earlier field)
documents = Documents
scan-clean = Scanned, no malware found
scan-infected = Carries malware, not handed out
scan-none = Not scanned for malware
book-fulfils = Serves
book-writers = Written by
book-readers = Read by
book-shared = Every unit's entries read by
book-kept = Kept at least
book-years = { $n ->
    [one] { $shown } year
   *[other] { $shown } years
}
book-since = From day
book-until = To day
book-period = Period
book-unit = Organization
book-unit-code = Organization's code
book-entries = Entries
book-versions = Versions
book-version = Version { $shown }
book-version-old = This is an old version; it was corrected later.
book-version-latest = See the latest
book-closings = Closed books
book-closings-lead = Nothing more is written into a closed book. What it held is kept with its hash; only the network centre opens it again, with the reason in the change journal.
book-close = Close a book
book-close-question = Close the book for this period? No entry of it can be written or changed afterwards.
book-closed-by = Closed
book-closed-for = The book is closed for { $x }; this entry cannot be changed.
book-none-closed = No period is closed yet.
book-reopened = Opened again
book-reopen = Open again
book-reason = Reason
book-closed = The book is closed
book-reopened-done = The book is open again
conflict-who = Somebody else changed it: { $x }
conflict-lead = Nothing was saved. Compare the two and mend the form below if need be; saving again writes yours as a new version, and theirs is kept.
conflict-field = Field
conflict-theirs = As it stands
conflict-yours = Yours
journal-book = Book
action-close = closed
action-book-reopen = opened again
action-refused-as-program = refused as a program
action-refused-as-bomb = refused, unpacks to too much
action-refused-as-unreadable = refused, cannot be read within limits
action-refused-as-infected = refused, malware
action-found-infected = malware found
