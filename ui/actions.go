package ui

import "slices"

// action is something a key does. Its name is for config.toml; the part before
// the dot is its scope.
type action struct {
	name string
	does string   // a few words, for `sendoff keys`
	keys []string // unless config.toml says others
}

// actions are all there are, and the only place that knows their keys.
var actions = []action{
	{"everywhere.help", "show the keys", []string{"?", "f1"}},
	{paletteAction, "find an action and do it", []string{":", "ctrl+k", "alt+x"}},
	{"everywhere.suspend", "to the shell", []string{"ctrl+z"}},
	{"everywhere.abort", "quit at once; what is written is kept", []string{"ctrl+c"}},

	{"move.up", "up", []string{"k", "up"}},
	{"move.down", "down", []string{"j", "down"}},
	{"move.page-up", "a page up", []string{"pgup", "ctrl+u"}},
	{"move.page-down", "a page down", []string{"pgdown", "ctrl+d"}},
	{"move.first", "to the first", []string{"g", "home"}},
	{"move.last", "to the last", []string{"G", "end"}},

	{"count.clear", "forget the number that was typed", []string{"esc"}},

	{"view.back", "back", []string{"esc", "q"}},
	{"view.close", "back, from a text", []string{"enter"}},

	{"question.yes", "yes, do it", []string{"y"}},
	{"question.no", "no, leave it as it is", []string{"n", "esc", "q"}},
	{"question.arrived", "it has arrived", []string{"s"}},
	{"question.all-arrived", "all letters in doubt have arrived", []string{"a"}},
	{"question.none-arrived", "no letter in doubt has arrived", []string{"d"}},
	{"question.own-date", "send it with its own date", []string{"o"}},
	{"question.as-text", "paste the text, and attach no file", []string{"t"}},
	{"question.by-hand", "type the servers", []string{"m"}},
	{"question.as-typed", "take the address as it was typed", []string{"g"}},
	{"question.wait", "wait until it has gone, then quit", []string{"w"}},
	{"question.daemon", "leave it to a daemon", []string{"d"}},

	{"palette.do", "do it", []string{"enter"}},
	{"palette.up", "up", []string{"up", "ctrl+p"}},
	{"palette.down", "down", []string{"down", "ctrl+n"}},
	{"palette.back", "back", []string{"esc"}},

	{"list.compose", "write a message", []string{"m", "c"}},
	{"list.open", "open the selected message", []string{"enter"}},
	{"list.mark", "mark the message for the next action", []string{"space"}},
	{"list.range", "mark from here to where the cursor goes", []string{"v"}},
	{"list.filter", "filter the section", []string{"/"}},
	{"list.saved-filters", "choose one of the saved filters", []string{"f"}},
	{"list.next-section", "to the next section", []string{"tab"}},
	{"list.previous-section", "to the section before", []string{"shift+tab"}},
	{"list.drafts", "to the drafts", []string{"1"}},
	{"list.outbox", "to what is on its way", []string{"2"}},
	{"list.scheduled", "to what is scheduled", []string{"3"}},
	{"list.failed", "to what has failed", []string{"4"}},
	{"list.sent", "to what was sent", []string{"5"}},
	{"list.campaigns", "to the campaigns", []string{"6"}},
	{"list.accounts", "show the accounts", []string{"A"}},
	{"list.new-campaign", "begin a campaign: a letter for each row of a list", []string{"C"}},
	{"list.add-account", "add the first account", []string{"n"}},
	{"list.import", "take over the accounts of another mail program", []string{"i"}},
	{"list.demo", "try everything with a built-in server", []string{"T"}},
	{"list.clear", "clear the marks, the filter, or what was said", []string{"esc"}},
	{"list.quit", "quit", []string{"q"}},

	{"wait.stay", "stay, and do not quit", []string{"esc"}},
	{"wait.stop", "stop what it waits for", []string{"x"}},
	{"wait.quit", "quit without waiting", []string{"q", "y"}},

	{"filter.done", "go to the list", []string{"enter"}},
	{"filter.elsewhere", "to the next section in which the filter finds something", []string{"tab"}},
	{"filter.clear", "filter no more", []string{"esc"}},
	{"filter.up", "up, while the filter is typed", []string{"up"}},
	{"filter.down", "down, while the filter is typed", []string{"down"}},

	{"outbox.undo", "take back what was just sent, or undo what was done last", []string{"u"}},
	{"outbox.retry", "try it again now", []string{"r"}},
	{"outbox.other-account", "send it through another account", []string{"a"}},
	{"outbox.correct", "send a copy to those who did not get it, at a corrected address", []string{"E"}},
	{"outbox.edit", "edit it, or a copy", []string{"e"}},
	{"outbox.send-now", "send what is scheduled now", []string{"S"}},
	{"outbox.hold", "hold it, or release it", []string{"H"}},
	{"outbox.cancel", "do not send it", []string{"x"}},
	{"outbox.delete", "delete it", []string{"d"}},
	{"outbox.export", "copy it out into a file, as other mail programs read it", []string{"X"}},

	{"message.transcript", "show what was said with the server", []string{"t"}},
	{"message.source", "show the bytes of the message", []string{"v"}},
	{"message.successor", "show the copy that it was sent again as", []string{"o"}},

	{"campaign.open", "show the message of the selected row", []string{"enter"}},
	{"campaign.rows", "show other rows: those that failed, are in doubt, wait …", []string{"f"}},
	{"campaign.find", "find rows by an address or what stands in them", []string{"/"}},
	{"campaign.pause", "pause it, or let it go on", []string{"p"}},
	{"campaign.retry", "send those again that failed", []string{"r"}},
	{"campaign.settle", "settle what may have arrived, or not", []string{"s"}},
	{"campaign.cancel", "end it for good", []string{"x"}},
	{"campaign.export", "write the rows into a file, with what became of each", []string{"X"}},
	{"campaign.delete", "delete it with its letters, when it is over", []string{"d"}},

	{"compose.review", "review and send", []string{"ctrl+s", "ctrl+enter"}},
	{"compose.keep", "keep it as a draft", []string{"esc"}},
	{"compose.discard", "discard it", []string{"ctrl+x"}},
	{"compose.editor", "write in the editor", []string{"ctrl+e"}},
	{"compose.editor-headers", "edit headers and text in the editor", []string{"alt+e"}},
	{"compose.spelling", "go through the words that no dictionary knows", []string{"alt+s"}},
	{"compose.template", "put a template in", []string{"alt+i"}},
	{"compose.attach", "attach a file", []string{"ctrl+t"}},
	{"compose.clip", "attach what the clipboard holds", []string{"alt+v"}},
	{"compose.copies", "show Cc and Bcc", []string{"ctrl+b"}},
	{"compose.reply-to", "show Reply-To", []string{"ctrl+r"}},
	{"compose.header", "add another header", []string{"ctrl+o"}},
	{"compose.protect", "sign it, encrypt it, or not", []string{"alt+g"}},
	{"compose.undo", "undo what was typed", []string{"alt+z", "ctrl+_", "ctrl+/"}},
	{"compose.redo", "do it again", []string{"alt+y"}},
	{"compose.next-from", "the next sender", []string{"alt+n"}},
	{"compose.previous-from", "the sender before", []string{"alt+p"}},
	{"compose.from", "type the sender's address", []string{"alt+a"}},
	{"compose.next-field", "to the next field", []string{"tab"}},
	{"compose.previous-field", "to the field before", []string{"shift+tab"}},
	{"compose.field-above", "to the field above, from a line", []string{"up"}},
	{"compose.field-below", "to the field below, from a line", []string{"down", "enter"}},
	{"compose.left", "to the attachment before", []string{"left"}},
	{"compose.right", "to the next attachment", []string{"right"}},
	{"compose.take-off", "take the attachment off", []string{"x", "delete", "backspace"}},
	{"compose.attach-another", "attach another file", []string{"enter"}},
	{"compose.earlier", "the attachment further to the front", []string{"shift+left", "<"}},
	{"compose.later", "the attachment further back", []string{"shift+right", ">"}},
	{"compose.describe", "give the attachment a name and a type", []string{"r"}},
	{"compose.show", "show the picture in the text, or not", []string{"i"}},
	{"compose.take", "take the address that is offered", []string{"tab", "enter"}},
	{"compose.offer-down", "to the next address that is offered", []string{"down", "ctrl+n"}},
	{"compose.offer-up", "to the one before", []string{"up", "ctrl+p"}},
	{"compose.offer-shut", "type on, without the offer", []string{"esc"}},

	{"cursor.left", "a character to the left", []string{"left", "ctrl+b"}},
	{"cursor.right", "a character to the right", []string{"right", "ctrl+f"}},
	{"cursor.word-left", "to the beginning of the word", []string{"alt+left", "ctrl+left", "alt+b"}},
	{"cursor.word-right", "to the end of the word", []string{"alt+right", "ctrl+right", "alt+f"}},
	{"cursor.line-start", "to the beginning of the line", []string{"home", "ctrl+a"}},
	{"cursor.line-end", "to the end of the line", []string{"end", "ctrl+e"}},
	{"cursor.up", "a row up in the text", []string{"up", "ctrl+p"}},
	{"cursor.down", "a row down in the text", []string{"down", "ctrl+n"}},
	{"cursor.page-up", "a page up in the text", []string{"pgup"}},
	{"cursor.page-down", "a page down in the text", []string{"pgdown"}},
	{"cursor.first", "to the beginning of the text", []string{"ctrl+home", "alt+<"}},
	{"cursor.last", "to the end of the text", []string{"ctrl+end", "alt+>"}},

	{"text.delete-left", "delete the character to the left", []string{"backspace", "shift+backspace", "ctrl+h"}},
	{"text.delete-right", "delete the character to the right", []string{"delete", "ctrl+d"}},
	{"text.delete-word-left", "delete the word to the left", []string{"ctrl+w", "alt+backspace", "ctrl+backspace"}},
	{"text.delete-word-right", "delete the word to the right", []string{"alt+d", "alt+delete", "ctrl+delete"}},
	{"text.delete-line-start", "delete to the beginning of the line", []string{"ctrl+u"}},
	{"text.delete-line-end", "delete to the end of the line", []string{"ctrl+k"}},
	{"text.new-line", "begin a new line", []string{"enter", "shift+enter", "ctrl+m"}},
	{"text.select-all", "select the whole text", []string{"ctrl+g"}},
	{"text.upper-case", "the rest of the word in capitals", []string{"alt+u"}},
	{"text.lower-case", "the rest of the word in small letters", []string{"alt+l"}},
	{"text.capital", "the rest of the word with a capital", []string{"alt+c"}},

	{"attach.choose", "take the file", []string{"enter"}},
	{"attach.complete", "complete the path", []string{"tab"}},
	{"attach.up", "up", []string{"up", "ctrl+p"}},
	{"attach.down", "down", []string{"down", "ctrl+n"}},
	{"attach.page-up", "a page up", []string{"pgup"}},
	{"attach.page-down", "a page down", []string{"pgdown"}},
	{"attach.back", "take no file", []string{"esc"}},

	{"sample.write", "write a small campaign to begin with", []string{"alt+n"}},

	{"launch.go-on", "say how the campaign goes", []string{"enter"}},
	{"launch.letters", "show the letters one by one", []string{"v"}},
	{"launch.edit-letter", "edit the letter in the editor", []string{"e"}},
	{"launch.edit-list", "edit the list in the editor", []string{"E"}},
	{"launch.again", "look at the letters again", []string{"r"}},
	{"launch.rules", "say how the list is read, and what counts as wrong", []string{"o"}},
	{"launch.begin", "start the campaign", []string{"y"}},
	{"launch.hold", "store the campaign, and let nothing go yet", []string{"H"}},

	{"letters.later", "to the letter of the next row", []string{"n", "right"}},
	{"letters.earlier", "to the letter of the row before", []string{"p", "left"}},
	{"letters.random", "to the letter of a row that chance picks", []string{"R"}},
	{"letters.find", "to a row by its number or what stands in it", []string{"/"}},
	{"letters.test", "send this letter to yourself", []string{"t"}},
	{"letters.html", "show the HTML of the letter as it reads", []string{"h"}},
	{"letters.source", "show the bytes as they would be sent", []string{"o"}},

	{"templates.choose", "put the template in", []string{"enter"}},
	{"templates.up", "up", []string{"up", "ctrl+p"}},
	{"templates.down", "down", []string{"down", "ctrl+n"}},
	{"templates.back", "put nothing in", []string{"esc"}},

	{"spelling.next", "to the next word", []string{"space", "enter"}},
	{"spelling.ignore", "ignore the word in this message", []string{"i"}},
	{"spelling.add", "take the word into your own list", []string{"a"}},

	{"review.send", "send", []string{"y"}},
	{"review.later", "say when it leaves", []string{"t"}},
	{"review.wishes", "ask for a receipt or a report, say a priority", []string{"w"}},
	{"review.protect", "sign it, encrypt it, or not", []string{"g", "alt+g"}},
	{"review.sign", "sign it, or not", []string{"s"}},
	{"review.encrypt", "encrypt it, or not", []string{"x"}},
	{"review.edit", "go on writing", []string{"e", "esc", "q"}},
	{"review.attach", "attach a file", []string{"a"}},
	{"review.detach", "take an attachment off", []string{"d"}},
	{"review.keep", "keep it as a draft", []string{"p"}},
	{"review.show", "send pictures along that others may have named", []string{"i"}},
	{"review.text", "show the text as it will be", []string{"v"}},
	{"review.html", "show the HTML as text", []string{"h"}},
	{"review.source", "show the bytes as they will be", []string{"o"}},

	{"accounts.add", "add an account", []string{"n"}},
	{"accounts.import", "take over the accounts of another mail program", []string{"i"}},
	{"accounts.demo", "try everything with a built-in server", []string{"T"}},
	{"accounts.compose", "write a draft, before there is an account", []string{"m"}},
	{"accounts.open", "show the selected account", []string{"enter"}},
	{"account.check", "prove that it works", []string{"c"}},
	{"account.try-again", "try a parked one again", []string{"r", "t"}},
	{"account.secret", "give it a new secret", []string{"s"}},
	{"account.edit", "edit accounts.toml", []string{"e"}},
	{"account.default", "make it the default", []string{"D"}},
	{"account.rename", "rename it", []string{"R"}},
	{"account.remove", "remove it", []string{"d"}},

	{"check.compose", "write a message", []string{"m"}},
	{"check.outbox", "to the outbox", []string{"enter"}},
	{"check.save", "save the account", []string{"s"}},
	{"check.again", "check again", []string{"r"}},
	{"check.secret", "give it a new secret", []string{"s"}},

	{"servers.take", "take what was found", []string{"enter"}},
	{"servers.by-hand", "type the servers", []string{"m", "alt+m"}},
	{"servers.ask", "show the address to its own server", []string{"a"}},
	{"servers.again", "look again", []string{"r"}},

	{"form.next", "to the next field", []string{"enter", "tab", "down"}},
	{"form.previous", "to the field before", []string{"shift+tab", "up"}},
	{"form.later", "another choice", []string{"right", "space"}},
	{"form.earlier", "the choice before", []string{"left"}},
	{"form.done", "go on", []string{"ctrl+s"}},
	{"form.by-hand", "type the servers", []string{"alt+m"}},
	{"form.back", "back", []string{"esc"}},
}

// keyScreen is what keys can do at one place: the scopes whose actions are
// there together. Where text is typed the keys that type do only that, and what
// edits the text is there too.
type keyScreen struct {
	name   string   // reads well behind "in"
	scopes []string // or single actions of one
	typing bool
}

// has tells that an action is there.
func (s keyScreen) has(a action) bool {
	return slices.Contains(s.scopes, a.scope()) || slices.Contains(s.scopes, a.name)
}

var keyScreens = []keyScreen{
	{"the list", []string{"everywhere", "move", "count", "list", "outbox"}, false},
	{"the view of a message", []string{"everywhere", "move", "count", "view", "outbox", "message"}, false},
	{"a question", []string{"everywhere", "question"}, false},
	{"the wait for what is under way", []string{"everywhere", "wait"}, false},
	{"the view of a campaign", []string{"everywhere", "move", "count", "view", "campaign"}, false},
	{"the list of campaigns", []string{"everywhere", "move", "count", "campaign.pause", "campaign.retry", "campaign.settle", "campaign.cancel",
		"campaign.export", "campaign.delete", "outbox.undo", "list.compose", "list.open", "list.next-section", "list.previous-section", "list.drafts",
		"list.outbox", "list.scheduled", "list.failed", "list.sent", "list.campaigns", "list.accounts", "list.new-campaign", "list.clear", "list.quit"}, false},
	{"the filter", []string{"everywhere", "filter", "cursor", "text"}, true},
	{"the composer", []string{"everywhere", "compose", "cursor", "text"}, true},
	{"the choice of files", []string{"everywhere", "attach", "cursor", "text"}, true},
	{"the files of a campaign", []string{"everywhere", "attach", "sample", "cursor", "text"}, true},
	{"the look at a campaign", []string{"everywhere", "move", "count", "view", "launch"}, false},
	{"the letters of a campaign", []string{"everywhere", "move", "count", "view", "letters"}, false},
	{"the palette", []string{"everywhere", "palette", "cursor", "text"}, true},
	{"the review", []string{"everywhere", "move", "count", "review"}, false},
	{"the choice of templates", []string{"everywhere", "templates", "cursor", "text"}, true},
	{"the look at words", []string{"everywhere", "view", "spelling"}, false},
	{"the accounts", []string{"everywhere", "move", "count", "view", "accounts", "account"}, false},
	{"the check of an account", []string{"everywhere", "move", "count", "view", "check"}, false},
	{"the search for servers", []string{"everywhere", "move", "count", "view", "servers"}, false},
	{"a form", []string{"everywhere", "form", "cursor", "text"}, true},
}
