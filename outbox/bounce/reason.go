package bounce

import (
	"strings"

	"sendoff/outbox/refusal"
)

// meaning is what a reason means for who sent the message, and what to do.
type meaning struct{ what, todo string }

// meanings are by what the server means. Reasons that say nothing about a
// message that is on its way, as those of a login, are left out on purpose.
var meanings = map[refusal.Reason]meaning{
	refusal.NoMailbox:      {"There is no mailbox of that name at {domain}.", "Check the spelling."},
	refusal.MailboxOff:     {"The mailbox is switched off.", "Ask the recipient for another address."},
	refusal.MailboxMoved:   {"The recipient has moved to another address.", "Look for it in the server's words, or ask for it."},
	refusal.Unavailable:    {"The mailbox is not available.", "Check the spelling."},
	refusal.MailboxFull:    {"The recipient's mailbox is full.", "Tell the recipient in another way, and send it again later."},
	refusal.NoRoom:         {"There is no room for the message: it is too large, or the mailbox is full.", "Send it without large files."},
	refusal.SlowMailbox:    {"The mailbox gets more mail at the moment than it may.", "Send it again later."},
	refusal.NoDomain:       {"There is no such mail domain: {domain}.", "Check the spelling of what stands behind the @."},
	refusal.NoMailHere:     {"{domain} takes no mail.", "Ask the recipient for another address."},
	refusal.NoRoute:        {"There is no way to {domain}.", "Check the spelling of what stands behind the @."},
	refusal.Unreachable:    {"The mail server of {domain} could not be reached.", "Send it again later, or tell the recipient in another way."},
	refusal.LookupFailed:   {"The mail server of {domain} could not be looked up.", "Check the spelling of what stands behind the @."},
	refusal.OutOfTime:      {"The message did not reach {domain} in the time that the server gives it.", "Send it again later, or tell the recipient in another way."},
	refusal.TooManyHops:    {"The message went round in a circle on its way to {domain}.", "Tell the recipient in another way: the mail system there has to be mended."},
	refusal.BadAddress:     {"The server does not accept how the address is written.", "Check the spelling."},
	refusal.AddressRefused: {"The address is refused, and no more is said.", "Check the spelling."},
	refusal.Restricted:     {"The address takes mail from certain senders alone.", "Ask the recipient, or who looks after the list, to let you write."},
	refusal.RelayDenied:    {"The server that the message came to does not take mail for {domain}.", "Check the spelling of what stands behind the @."},
	refusal.SenderUnknown:  {"The server does not know the sender's address, or its domain.", "Check the From address."},
	refusal.SenderRefused:  {"The server refuses the sender's address.", "Check the From address."},
	refusal.NotOwned:       {"The message may not be sent with this From address.", "Choose another From address, or add it at your provider."},
	refusal.TooLarge:       {"The message is too large.", "Send large files in another way, for example as a link."},
	refusal.Malformed:      {"The server does not accept how the message is built.", "Compare its source with the server's words."},
	refusal.NeedsUTF8:      {"A server on the way takes no addresses or headers beyond ASCII.", "Use an address in ASCII, if there is one."},
	refusal.Virus:          {"The server found what it takes for a virus.", "Check the attachments, or send them in another way."},
	refusal.Attachment:     {"The message holds a kind of file that is not let in.", "Send it in another way."},
	refusal.Spam:           {"The server takes the message, or its sender, for spam.", "Change its words and links, or tell the recipient in another way."},
	refusal.Content:        {"The message was refused for its content.", "Change its words and links, or tell the recipient in another way."},
	refusal.Policy:         {"The message is against the rules of the server.", "Look for the rule in the server's words."},
	refusal.AccessDenied:   {"The server does not allow it, and does not say why.", "Ask your provider, and show the server's words."},
	refusal.Blocked:        {"{domain} takes no mail from the server that this came from.", "Ask your provider to have it taken off the list that the server's words may name."},
	refusal.HostName:       {"The server that this came from does not have the name that {domain} wants.", "Ask your provider, and show the server's words."},
	refusal.Unproven:       {"There was no proof that the mail is from the sender it names (SPF, DKIM, DMARC).", "Send it through the provider of the From address."},
	refusal.LoginNeeded:    {"The address takes no mail from outside.", "Ask the recipient, or who looks after it, to let you write."},
	refusal.AccountBlocked: {"The sender's account is blocked.", "Log in at your provider's web site, and see what it says."},
	refusal.DailyLimit:     {"The sender has sent as much as it may in a day.", "Send it again tomorrow."},
	refusal.Connections:    {"The server had too many connections.", "Send it again later."},
	refusal.Rate:           {"More was sent at once than the server takes.", "Send it again later."},
	refusal.Recipients:     {"There were more recipients than the server takes at once.", "Send to fewer at once."},
	refusal.Greylisted:     {"The server puts off mail of senders that it does not know yet.", "Send it again later."},
	refusal.Busy:           {"The server had no time.", "Send it again later."},
	refusal.StorageFull:    {"The server had no room left.", "Send it again later."},
	refusal.ServerFault:    {"Something is broken at the server.", "Send it again later, or tell the recipient in another way."},
	refusal.TLSNeeded:      {"The message needs a secured line (TLS), and there was none on its way.", "Ask your provider, and show the server's words."},
}

// withoutReason are for reports that do not say why, or in words nobody knows.
var withoutReason = [...]meaning{
	KindUnknown: {"Something is said about the message that is not understood.", "Look at the server's words."},
	Hard:        {"The message was refused for {address}.", "Look at the server's words, or ask the recipient for another address."},
	Soft:        {"The message could not be delivered to {domain} in time.", "Send it again later, or tell the recipient in another way."},
	Delay:       {"The reason is not known.", "Nothing needs to be done yet."},
}

// unreachable is what a server says of the next one when it got no answer. In an
// answer the same words mean something else.
var unreachable = []string{
	"connection refused", "connection timed out", "connection reset", "lost connection", "no route to host", "network is unreachable", "operation timed out",
}

// reasonFor says what a result means, in one line.
func reasonFor(r *Recipient) string {
	switch r.Action {
	case Delivered:
		return "The message was delivered."
	case Relayed, Expanded:
		return "The message went on to where no reports come from."
	}
	enhanced := r.Status
	if r.Code == 0 && enhanced == "" { // then the words alone tell
		enhanced = "5.0.0"
		if r.Kind == Soft || r.Kind == Delay {
			enhanced = "4.0.0"
		}
	}
	reason := refusal.Of(r.Code, enhanced, r.Diagnostic)
	if r.Code == 0 && containsAny(strings.ToLower(r.Diagnostic), unreachable) {
		reason = refusal.Unreachable
	}
	m, known := meanings[reason]
	if !known {
		m = withoutReason[r.Kind]
	}
	line := m.what + " " + m.todo
	if r.Kind == Delay {
		line = "Not delivered yet; the server goes on trying. " + m.what
	}
	domain := r.Address[strings.LastIndexByte(r.Address, '@')+1:]
	return strings.NewReplacer("{address}", r.Address, "{domain}", domain).Replace(line)
}
