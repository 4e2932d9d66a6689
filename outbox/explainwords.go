package outbox

import "sendoff/outbox/refusal"

// What is said here is what a server says, and no more: a server that does not
// tell why refuses, and gets no reason made up for it.

var (
	aboutRecipient = of(ClassRejected, ClassTemporary)
	aboutMessage   = of(ClassRejected, ClassMessage, ClassPolicy, ClassTemporary)
	aboutLogin     = of(ClassCredentials, ClassAccount, ClassThrottled)
	aboutServer    = of(ClassNetwork, ClassAccount)
	atAnyPoint     = aboutMessage | aboutLogin | aboutServer | of(ClassProtocol)
)

// refusals are the lines for replies, each with the classes for which it is
// true: "no such user", said of a sender, is not about the recipient.
var refusals = []struct {
	reason  refusal.Reason
	classes classes
	line
}{
	// The recipient's address and mailbox.
	{refusal.NoMailbox, of(ClassTemporary), line{"The server does not know the mailbox {address} at the moment.",
		"check the spelling of the address"}},
	{refusal.NoMailbox, of(ClassRejected), line{"There is no mailbox of that name at {domain}.",
		"check the spelling of the address"}},
	{refusal.MailboxOff, aboutRecipient, line{"The mailbox is switched off.",
		"ask the recipient for another address"}},
	{refusal.MailboxOff, aboutLogin, line{"The server says that {account} is switched off.",
		"log in at the provider's web site, and see what it says"}},
	{refusal.MailboxMoved, aboutRecipient, line{"The recipient has moved to another address.",
		"look for it in the server's words, or ask for it"}},
	{refusal.Unavailable, aboutRecipient, line{"The mailbox {address} is not available.",
		"check the spelling of the address"}},
	{refusal.MailboxFull, aboutRecipient, line{"The recipient's mailbox is full.",
		"tell the recipient in another way, and send it again later"}},
	{refusal.SlowMailbox, aboutRecipient, line{"The mailbox {address} gets more mail at the moment than it may.",
		"send it again later"}},
	{refusal.NoDomain, of(ClassTemporary), line{"The server does not find the domain {domain} at the moment.",
		"check the spelling of what stands behind the @"}},
	{refusal.NoDomain, of(ClassRejected), line{"There is no such mail domain: {domain}.",
		"check the spelling of what stands behind the @"}},
	{refusal.NoMailHere, aboutRecipient, line{"{domain} takes no mail.",
		"ask the recipient for another address"}},
	{refusal.NoRoute, aboutRecipient, line{"The server finds no way to {domain}.",
		"check the spelling of what stands behind the @"}},
	{refusal.Unreachable, aboutRecipient, line{"The mail server of {domain} cannot be reached from the server.",
		"tell the recipient in another way"}},
	{refusal.LookupFailed, aboutMessage, line{"The server could not look up something that it needs.",
		"check the spelling of what stands behind the @"}},
	{refusal.BadAddress, aboutRecipient, line{"The server does not accept how an address is written.",
		"check the spelling of the address"}},
	{refusal.BadAddress, of(ClassMessage), line{"The server does not accept how the sender's address is written.",
		"check the From address"}},
	{refusal.RelayDenied, aboutMessage, line{"The server does not pass mail on to {domain} for you.",
		"see that {account} logs in, and that its server is the one for sending mail"}},
	{refusal.Restricted, aboutRecipient, line{"{address} takes mail from certain senders alone.",
		"ask the recipient, or who looks after the list, to let you write"}},
	{refusal.AddressRefused, aboutRecipient, line{"The server refuses the address {address}, and does not say more.",
		"check the spelling of the address"}},
	{refusal.NoneLeft, aboutMessage, line{"The server took none of the recipients.",
		"check the spelling of the addresses"}},
	{refusal.TooManyHops, aboutRecipient, line{"The message goes round in a circle on its way to {domain}.",
		"tell the recipient in another way: the mail system there has to be mended"}},
	{refusal.OutOfTime, aboutMessage, line{"The message did not reach {domain} in the time that the server gives it.",
		"tell the recipient in another way, or send it again later"}},

	// The sender's address.
	{refusal.NotOwned, aboutMessage, line{"The server does not let {account} send as this sender.",
		"choose a From address of the account, or add this one at the provider"}},
	{refusal.SenderUnknown, aboutMessage, line{"The server does not know the sender's address, or its domain.",
		"check the From address"}},
	{refusal.SenderRefused, aboutMessage, line{"The server refuses the sender's address.",
		"check the From address"}},

	// The message.
	{refusal.TooLarge, aboutMessage, line{"The message is too large for the server.",
		"send large files in another way, for example as a link"}},
	{refusal.NoRoom, aboutMessage, line{"There is no room for the message: it is too large, or the mailbox is full.",
		"send it without large files, or tell the recipient in another way"}},
	{refusal.Malformed, aboutMessage, line{"The server does not accept how the message is built.",
		"compare its source with the server's words"}},
	{refusal.NeedsUTF8, aboutMessage, line{"A server on the way takes no addresses or headers beyond ASCII.",
		"use an address in ASCII, if there is one"}},
	{refusal.Virus, aboutMessage, line{"The server found what it takes for a virus in the message.",
		"check the attachments, or send them in another way"}},
	{refusal.Attachment, aboutMessage, line{"The message holds a kind of file or content that is not let in.",
		"send it in another way, or ask the recipient what is let in"}},
	{refusal.Spam, aboutMessage, line{"The server takes the message, or its sender, for spam.",
		"change the words and links of the message, or tell the recipient in another way"}},
	{refusal.Content, aboutMessage, line{"The message was refused for its content.",
		"change the words and links of the message, or tell the recipient in another way"}},
	{refusal.Policy, atAnyPoint, line{"The message is against the rules of the server.",
		"look for the rule in the server's words, or ask the provider of {account}"}},
	{refusal.AccessDenied, aboutMessage, line{"The server does not allow it, and does not say why.",
		"ask the provider of {account}, and show the server's words"}},
	{refusal.Recipients, aboutMessage, line{"There are more recipients than the server takes at once.",
		"send to fewer at once"}},

	// Where it comes from.
	{refusal.Blocked, atAnyPoint, line{"The server takes no mail from where this comes from.",
		"ask the provider of {account} to have it taken off the list that the server's words may name"}},
	{refusal.HostName, atAnyPoint, line{"The machine that this comes from does not have the name that the server wants.",
		"ask the provider of {account}, and show the server's words"}},
	{refusal.Unproven, aboutMessage, line{"The server found no proof that the mail is from the sender it names (SPF, DKIM, DMARC).",
		"send it through the provider of the From address, or ask who looks after that domain"}},

	// Limits of the account.
	{refusal.DailyLimit, atAnyPoint, line{"{account} has sent as much as it may in a day.", "ask the provider for a higher limit"}},
	{refusal.Connections, atAnyPoint, line{"{account} has too many connections to the server.", "set a lower number of connections in its limits"}},
	{refusal.Rate, atAnyPoint, line{"The server slows {account} down.", "set limits for the account"}},
	{refusal.Logins, atAnyPoint, line{"The server wants no more logins for now.", "see that no other program logs in to {account} with an old password"}},
	{refusal.Greylisted, of(ClassTemporary, ClassThrottled, ClassNetwork), line{"The server puts off mail of senders that it does not know yet.", ""}},

	// The login and the line.
	{refusal.LoginRefused, aboutLogin, line{"The login of {account} was refused.", "check its user name, and put the right password where the account's secret is kept"}},
	{refusal.LoginNeeded, atAnyPoint, line{"The server wants a login.", "give {account} a user name and a secret"}},
	{refusal.LoginFault, atAnyPoint, line{"The server could not check the login of {account}.", "check its user name and password"}},
	{refusal.LoginMethod, atAnyPoint, line{"The server does not take this way of logging in.", `see what the provider wants, and set "auth" of {account}`}},
	{refusal.AppPassword, atAnyPoint, line{"The server wants a password that is made for programs (an app password).",
		"make one at the provider's web site, and put it where the secret of {account} is kept"}},
	{refusal.BasicOff, atAnyPoint, line{"The server takes no login by password for {account}.",
		`ask the administrator to switch on "Authenticated SMTP" for the mailbox, or log in with OAuth`}},
	{refusal.BrowserLogin, atAnyPoint, line{"The provider wants you to log in with a browser first.", "log in at the provider's web site, then try again"}},
	{refusal.ServiceOff, atAnyPoint, line{"Sending through a mail program is not switched on for {account}.", "switch it on at the provider's web site"}},
	{refusal.PasswordExpired, atAnyPoint, line{"The password of {account} has to be changed.",
		"change it at the provider, and put the new one where the account's secret is kept"}},
	{refusal.AccountBlocked, atAnyPoint, line{"The provider has blocked {account}.", "log in at the provider's web site, and see what it says"}},
	{refusal.TLSNeeded, aboutLogin, line{"The server wants the line secured first (TLS).", `set security = "tls" or "starttls" for {account}`}},
	{refusal.TLSNeeded, aboutMessage, line{"The message needs a secured line (TLS), and there is none on its way.", "ask the provider of {account}, and show the server's words"}},

	// The server.
	{refusal.Busy, atAnyPoint, line{"The server asks to come back later.", "ask the provider of {account}"}},
	{refusal.StorageFull, atAnyPoint, line{"The server has no room left.", "ask the provider of {account}"}},
	{refusal.ServerFault, atAnyPoint, line{"Something is broken at the server.", "ask the provider of {account}, and show the server's words"}},
	{refusal.OutOfStep, atAnyPoint, line{"The server lost track of the dialogue.", "ask the provider of {account}, and show the server's words"}},
	{refusal.NotSupported, atAnyPoint, line{"The server does not know a command or an option that was sent.", "ask the provider of {account}, and show the server's words"}},
	{refusal.Syntax, atAnyPoint, line{"The server did not understand a command.", "check the addresses for unusual characters"}},
}

// withReply are the lines for replies whose reason is not known.
var withReply = [...]line{
	ClassAccepted:    {"The server took it.", "nothing needs to be done"},
	ClassNetwork:     {"The server does not take mail at the moment ({code}).", "ask the provider of {account}"},
	ClassAccount:     {"The server does not take mail from {account} ({code}).", "check the settings of the account, or ask its provider, and show the server's words"},
	ClassCredentials: {"The login of {account} was refused ({code}).", "check its user name, and put the right password where the account's secret is kept"},
	ClassTemporary:   {"The server does not take it now ({code}).", "ask the provider of {account}, and show the server's words"},
	ClassThrottled:   {"The server puts {account} off ({code}).", "ask its provider"},
	ClassRejected:    {"The server refuses the address {address} ({code}).", "check the spelling of the address"},
	ClassMessage:     {"The server refuses the message ({code}).", "look for the reason in the server's words"},
	ClassPolicy:      {"The server refuses the message by its rules ({code}).", "look for the rule in the server's words, or ask the provider of {account}"},
	ClassUncertain:   {"It may have arrived: the server's answer was not clear ({code}).", "ask the recipient before you send it again"},
	ClassProtocol:    {"The server's answer does not fit what was sent ({code}).", "check the server of {account}"},
}

// withoutReply are those where no reply came.
var withoutReply = [...]line{
	ClassAccepted:    {"The server took it.", "nothing needs to be done"},
	ClassNetwork:     {"The server could not be reached, or the line broke.", "see that the network is up, and check the server of {account}"},
	ClassAccount:     {"{account} cannot be used as it is set up.", "check the settings of the account"},
	ClassCredentials: {"The password of {account} could not be fetched.", "see that the place where its secret is kept can be read"},
	ClassTemporary:   {"It could not be sent now.", "run `sendoff doctor`"},
	ClassThrottled:   {"The server hung up on the login of {account}.", "check its user name and password"},
	ClassRejected:    {"The address {address} cannot be used.", "check the spelling of the address"},
	ClassMessage:     {"The message cannot be sent as it is.", "write it anew"},
	ClassPolicy:      {"The message is against the rules.", "write it anew"},
	ClassUncertain:   {"It may have arrived: the line broke before the server's answer.", "ask the recipient before you send it again"},
	ClassProtocol:    {"What answers does not speak SMTP as it should.", "check the server and the port of {account}"},
}

// failures are the lines for what went wrong without a reply. They are told by
// the words that outbox/smtp and this package have put into the result.
var failures = []struct {
	class Class
	text  string
	line
}{
	{ClassProtocol, "does not speak SOCKS5", line{"What answers as the proxy of {account} is no SOCKS5 proxy.", `check "proxy" of the account: how it begins, its host and its port`}},
	{ClassProtocol, "does not speak HTTP", line{"What answers as the proxy of {account} is no HTTP proxy.", `check "proxy" of the account: how it begins, its host and its port`}},
	{ClassNetwork, "cannot reach the proxy", line{"The proxy of {account} could not be reached.", `see that the network is up, and check "proxy" of the account`}},
	{ClassNetwork, "the proxy", line{"The proxy of {account} made no connection to its server.", `check "proxy", and the host and the port of the account, or ask who runs the proxy`}},

	{ClassNetwork, "could not be looked up", line{"The name of the server could not be looked up.", "see that the network is up"}},
	{ClassNetwork, "captive portal", line{"What answers is a web page, not the mail server.", "log in to this network with a browser"}},
	{ClassNetwork, "no route to it", line{"There is no way to the server from here.", "see that the network is up"}},
	{ClassNetwork, "cannot reach", line{"The server of {account} could not be reached.", "see that the network is up, and check the host and the port of the account"}},
	{ClassNetwork, "no answer during the login", line{"The server did not answer the login in time.", "check the user name and the password of {account}"}},
	{ClassNetwork, "no answer", line{"The server did not answer in time.", "check the host and the port of {account}"}},
	{ClassNetwork, "connection lost", line{"The line broke before the message was sent.", "see that the network is stable"}},
	{ClassNetwork, "stopped by you", line{"You stopped it before the server had all of it: what it has of it, it must throw away.", ""}},
	{ClassNetwork, "stopped before", line{"sendoff was stopped before the message was sent.", ""}},
	{ClassNetwork, "the program", line{"sendoff ended before the message was sent.", ""}},

	{ClassProtocol, "does not speak TLS", line{"What answers does not speak TLS.", "check the host and the port of {account}"}},

	{ClassCredentials, "no access token", line{"The secret of {account} is not an access token.", "see that the place where it is kept gives the token alone"}},
	{ClassCredentials, "NUL byte", line{"The secret of {account} cannot be used for a login.", "see that the place where it is kept gives the password alone"}},
	{ClassCredentials, "too long for a login", line{"The secret of {account} cannot be used for a login.", "see that the place where it is kept gives the password alone"}},

	{ClassTemporary, "more recipients than", line{"There are more recipients than the server takes at once.", ""}},
	{ClassMessage, "the server takes", line{"The message is larger than the server takes.", "send large files in another way, for example as a link"}},
	{ClassMessage, "REQUIRETLS", line{"The server does not promise to pass the message on over TLS alone, as you asked.",
		"send it through another account, encrypt it, or send it without that wish"}},
	{ClassMessage, "SMTPUTF8", line{"The server takes no addresses or headers beyond ASCII.", "use addresses in ASCII, if there are any"}},
	{ClassRejected, "SMTPUTF8", line{"The server takes no addresses beyond ASCII.", "use an address in ASCII, if there is one"}},
	{ClassMessage, "not sent: ", line{"The stored message is not as it was made.", "run `sendoff doctor`, and write the message anew"}},
	{ClassMessage, "sender: ", line{"The sender's address cannot be used.", "check the From address"}},
	{ClassMessage, "cannot be read", line{"The stored message cannot be read.", "run `sendoff doctor`, and write the message anew"}},
	{ClassTemporary, "cannot be read", line{"The stored message cannot be read.", "run `sendoff doctor`"}},
	{ClassTemporary, "could not be recorded", line{"The outbox could not be written, so the message was not sent.", "see that the disk has room, and run `sendoff doctor`"}},

	{ClassUncertain, "stopped", line{"It may have arrived: sendoff stopped before the server's answer.", "ask the recipient before you send it again"}},
	{ClassUncertain, "record of the attempt", line{"It may have arrived: the record of how it was sent was lost.", "ask the recipient before you send it again"}},
	{ClassUncertain, "no answer", line{"It may have arrived: the server did not answer in time.", "ask the recipient before you send it again"}},

	{ClassProtocol, "the login makes no sense", line{"The server leads the login nowhere.", `set another "auth" for {account}`}},
	{ClassProtocol, "did not prove that it knows", line{"The server did not prove that it knows the password: somebody may be on the line.", "try another network"}},
	{ClassProtocol, "nobody asked for", line{"The server answered what nobody had asked.", "ask the provider of {account}, and show the server's words"}},
	{ClassProtocol, "not SMTP", line{"What answers is no mail server.", "check the host and the port of {account}"}},
	{ClassProtocol, "without end", line{"The server's answer had no end.", "check the host and the port of {account}"}},
	{ClassProtocol, "two codes", line{"The server's answer contradicts itself.", "ask the provider of {account}, and show the server's words"}},
	{ClassProtocol, "before the message was over", line{"The server answered before the message was over.", "ask the provider of {account}, and show the server's words"}},
	{ClassProtocol, "internal error", line{"Something is wrong with sendoff itself.", "look into its log, and report it"}},
	{ClassProtocol, "no answer for this recipient", line{"Nothing is known of what became of it.", "look into sendoff's log, and report it"}},
}

// unusable are the same for an account that cannot be used, with a few words for
// a headline; see [Brief].
var unusable = []struct {
	text, brief string
	line
}{
	{"check the proxy", "no such proxy", line{"The proxy of {account} does not exist.", `check "proxy" of the account`}},
	{"proxy", "refused by the proxy", line{"The proxy of {account} cannot be used for its server.", `check "proxy" of the account, or ask who runs the proxy`}},
	{"no such host", "no such server", line{"The server of {account} does not exist.", "check the spelling of its host"}},
	{"is for another host", "certificate of another name", line{"The certificate of the server is for another name: no mail was sent.", "set the host of {account} to a name that the certificate has"}},
	{"it has expired, or the clock", "certificate out of date", line{"The certificate of the server is not valid today: no mail was sent.", "check the clock of this machine; if it is right, tell the provider"}},
	{"an authority that is not trusted", "certificate not trusted", line{"The certificate of the server is from nobody who is trusted here: no mail was sent.",
		"if the server is your own, name its certificate with ca_file; else tell the provider"}},
	{"not that of pin_sha256", "not the pinned certificate", line{"The server has another certificate than the pinned one: no mail was sent.",
		"change pin_sha256 of {account} only when you know that the certificate was renewed"}},
	{"the certificate of", "certificate not trusted", line{"The certificate of the server cannot be trusted: no mail was sent.", "tell the provider of {account}"}},
	{"ca_file", "ca_file not usable", line{"The file of trusted certificates cannot be used.", "check ca_file of {account}"}},
	{"old TLS", "old TLS", line{"The server cannot secure the line well enough: no mail was sent.", "ask the provider of {account} for a server with TLS 1.2 or later"}},
	{"it has asked for a certificate", "a certificate is wanted", line{"The server wants a certificate of {account}.", "name one with client_cert and client_key"}},
	{"is client_cert the one", "client_cert not taken", line{"The server does not take the certificate of {account}.", "see that client_cert is the one that the server knows"}},
	{"refuses the TLS handshake", "TLS refused", line{"The server does not secure the line: no mail was sent.", "check the port and the security of {account}"}},
	{"offers no STARTTLS", "no STARTTLS", line{"The server does not offer to secure the line: no mail was sent.", `check the port of {account}, or set security = "tls"`}},
	{"sent text in the clear", "line tampered with", line{"Somebody may be tampering with the line: no mail was sent.", "try another network"}},
	{"speaks plain SMTP", "the port is one for STARTTLS", line{"The port is one for STARTTLS.", `set security = "starttls" for {account}, or another port`}},
	{"speaks TLS from the first byte", "the port wants TLS at once", line{"The port wants TLS at once.", `set security = "tls" for {account}, or another port`}},
	{"clear line", "line not secured", line{"The line is not secured: the password was not sent.", `set security = "tls" or "starttls" for {account}`}},
	{"offers no login method", "no login in common", line{"The server takes none of the ways to log in that {account} can use.", `see what the provider wants, and set "auth" of the account`}},
	{"offers no login", "no login on this port", line{"The server takes no logins on this port.", "check the port of {account}, or leave out its user name"}},
	{"SCRAM", "unsafe login", line{"The server's way of logging in is not safe, or would take too long.", `ask the provider, or set another "auth" for {account}`}},
	{"EHLO", "ehlo not usable", line{"The name that {account} gives itself cannot be used.", `check "ehlo" of the account`}},
}
