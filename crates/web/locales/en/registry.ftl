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
import-limits = At most { $x }. The first row names the columns.
import-try = Try it
import-template = Download a template
import-columns = Columns
import-trial = Result of the trial; nothing is written yet
import-written = Imported
import-created = New
import-updated = Changed
import-unchanged = The same
import-bad = Refused
import-ignored = Columns not used: { $x }
import-apply = { $n ->
    [one] Import { $shown } good row
   *[other] Import { $shown } good rows
}
import-bad-file = Download the bad rows
import-line = Line
import-record = Record
import-fate = Fate
import-why = Why
import-column = column { $shown }
import-more = { $n ->
    [one] and { $shown } more row
   *[other] and { $shown } more rows
}
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
journal-bad = The chain is broken at entry { $shown }. Stop changing data and tell the security officer.
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
action-sign-in = signed in
action-sign-in-failed = sign-in failed
action-sign-out = signed out
action-password = new password
action-one-time-link = link made
action-end-session = session ended
action-totp-on = two-step on
action-totp-reset = two-step removed
action-totp-failed = wrong code
action-acknowledge = acknowledged
action-refused-as-secret = refused as secret
