package refusal

// Words that stand for one another in the phrases.
const (
	box = "user|users|recipient|recipients|mailbox|mailboxes|address|addresses|addressee|account|accounts|alias|customer|" +
		"subscriber|username|userid|person|member|rcpt|maildrop"
	mailbox  = "mailbox|mailboxes|inbox|maildrop|account|accounts|folder|user|users|recipient|recipients"
	mails    = "mail|mails|email|emails|message|messages"
	logins   = "login|logins|logon|logons|auth|authentication|authentications|password|passwords"
	refused  = "rejected|refused|denied|blocked|declined|banned|prohibited|forbidden|disallowed"
	allowed  = "allowed|permitted|authorized|authorised|permission|permissions"
	unknown  = "unknown|nonexist*|unrecognized|unrecognised|undefined|notfound|doesnotexist"
	disabled = "disabled|inactive|suspended|frozen|deactivated|locked|closed|discontinued|terminated|cancelled|canceled|" +
		"expired|deleted|removed|dormant|abandoned"
	lists = "blacklist*|blocklist*|denylist*|blackhole*"
	times = "second|minute|minutes|hour|hours|hourly|1h|day|days|daily|today|24h|week|month"
)

// tables are all rules in the order in which they are asked; the first that
// matches counts. What is exact comes before what is usual: codes that mean one
// thing, then words, then the codes that servers use for many things, then words
// that say little.
//
// Among the words, what speaks of the sender comes before what speaks of a
// recipient: "sender address rejected: user unknown" has the words of both.
var tables = [...][]rule{
	exactCodes, togetherWords, limitWords, roomWords, proofWords, loginWords, senderWords, originWords, routeWords, mailboxWords,
	contentWords, serverWords, usualCodes, lastWords, basicCodes,
}

// exactCodes are those that are used for one thing alone.
var exactCodes = []rule{
	{reason: PasswordExpired, codes: "432/4.7.12"}, // RFC 4954 §6
	{reason: Connections, codes: "432 421/4.4.5"},  // QUIRK: Exchange Online, for more than three at once
	{reason: DailyLimit, codes: "5.4.5"},           // QUIRK: Gmail; in RFC 3463 it is congestion
	{reason: DailyLimit, codes: "5.1.90"},          // Exchange Online, and so on to the end
	{reason: SlowMailbox, codes: "5.2.121 5.2.122"},
	{reason: BasicOff, codes: "5.7.139 5.7.30"},
	{reason: LoginNeeded, codes: "5.7.57"},
	{reason: NotOwned, codes: "5.7.60 5.2.252"}, // "send as"
	{reason: AccountBlocked, codes: "5.7.501 5.7.502 5.7.503 5.7.705 5.7.708"},
	{reason: Rate, codes: "5.7.508"},
	{reason: Malformed, codes: "5.1.20"}, // several From
	{reason: AccountBlocked, codes: "5.1.8", words: []string{"bad outbound sender"}},
	{reason: Restricted, codes: "5.7.124 5.7.133 5.7.134 5.7.135 5.7.136"}, // in words that speak of authentication
	{reason: Blocked, codes: "5.7.511 5.7.606"},
	{reason: HostName, codes: "x.7.25"}, // RFC 7372, and the next
	{reason: Unproven, codes: "x.7.20 x.7.21 x.7.22 x.7.23 x.7.24 x.7.26 5.7.27 5.7.509 5.7.515"},
	{reason: NoMailHere, codes: "556"}, // RFC 7504; with 5.1.10 RFC 7505
	{reason: NotSupported, codes: "502 504 555", words: []string{"parameter|parameters|command|argument"}},
	// The two together are about a mailbox, whoever else is named.
	{reason: NoMailbox, codes: "5.1.1", words: []string{
		box + " " + unknown, unknown + "|nosuch " + box, "no such " + box, box + " not .. found|exist|exists",
	}, unless: []string{"sender"}},
	// QUIRK: QQ names all that may be wrong with a login, a limit among it.
	{reason: LoginRefused, codes: "535", words: []string{"password incorrect .. frequency limited"}},
}

// togetherWords are for too many recipients in one transaction. They come before
// those of limits in time: QUIRK: Gmail points to its "sending limits" here too.
var togetherWords = []rule{
	{reason: Recipients, words: []string{
		"recipients per|in message|mail|email|transaction|session|connection", "recipients per|in one|single|each message|mail|email|transaction|session|connection",
	}},
	{reason: Recipients, words: []string{
		"too many .. recipients|rcpt|rcpts|addressees", "maximum .. recipients", "recipients limit", "recipient count|limit .. exceed*|reached", "resolver.adr.reciplimit",
	}, unless: []string{times, "recipients received", "not allowed to send"}}, // Mailgun says that of a domain
}

// limitWords are how providers speak of their limits. They come with any code,
// and are never the fault of a message.
var limitWords = []rule{
	{reason: MailboxFull, words: []string{mailbox + " .. too many " + mails + " on|in", mailbox + " .. message|messages|mail quota|limit", "zuviele mails", "zu viele nachrichten"}},
	{reason: SlowMailbox, words: []string{"receiving " + mails, "receiving limit|limits|rate", "receiving .. too fast|quickly|many", "received too many", "recipient exceed* .. rate"}},
	{reason: DailyLimit, notMailbox: true, words: []string{
		"daily .. limit|limits|quota|allowance|maximum|cap|sending", "limit|quota|maximum .. day|daily|today|24", "too many .. today",
		"recipients|" + mails + " per day", "exceeded .. daily", "24 hour|hours .. limit|quota",
	}},
	{reason: Logins, words: []string{"too many .. " + logins, "too many .. attempts", "excessive .. " + logins}},
	{reason: Connections, notMailbox: true, words: []string{
		"too many .. connections|sessions", "concurrent .. connections|sessions", "connection|connections|session|thread limit",
		"max|maximum .. connections|sessions", "too many concurrent", "trop de connexions",
	}},
	{reason: Rate, codes: "421/4.7.0 421/4.7.28 4.4.5", unless: []string{"disk", "space"}}, // Gmail, Yahoo, Amazon SES; Sendmail has no room
	{reason: Greylisted, words: []string{"greylist*", "graylist*", "gray listed|listing|list"}},
	{reason: Rate, words: []string{"too many .. recipients", "recipients .. exceed*", "maximum .. recipients"}, also: []string{times, "recipients received"}, notMailbox: true},
	{reason: Rate, notMailbox: true, words: []string{
		"rate limit|limits|limited|limiting|exceeded", "ratelimit*", "rate .. exceed*", "exceed* .. rate", "connection|message|mail|sending|submission|delivery rate",
		"send|sending|submission|outgoing|outbound|relay|hourly|monthly .. limit|limits|quota", "outgoing|outbound " + mails + " .. exceed*", "message|messages quota|limit|limits .. exceed*|reached",
		"request limit exceeded", "limit|quota|max|maximum .. per hour|minute|second", "limit|quota .. hour|hourly|minute", "max .. hour",
		"too much mail|email|traffic|messages", "too many " + mails, "maximum message count", "throttl*", "slow down",
		"exceed* your .. limit|limits|quota", "you exceeded .. limit|limits|quota", "sending .. too fast|quickly|many|often", "too fast|quickly", "frequency limited|limit|exceeded",
		"reached limit .. sending|" + mails, "recipient limit exceed*|reached", "message|messages|mail|email count", "credit|credits .. exceed*|exhausted|used",
		"insufficient|no credit|credits", "unusual .. activity",
	}},
}

// roomWords are for what is too large or too full.
var roomWords = []rule{
	{reason: Malformed, words: []string{"header|headers .. too large|long|big|many", "header|headers size|length", "line|lines too long", "line|lines .. length"}},
	{reason: MailboxFull, words: []string{
		mailbox + " .. full", "full " + mailbox, "overquota", "over .. quota", "exceed* .. quota", "out of storage|space|quota",
		"quota .. exceed*|full|reached|violation|violated|exhausted", "not enough .. space|storage|room",
		mailbox + " .. size|storage|limit|space .. exceed*|reached", mailbox + " exceed* .. size|storage|limit|space",
		"storage limit|quota|space .. exceed*|reached|full", "no .. space|room .. " + mailbox, mailbox + " size", "storage .. reached|used", "quota .. used",
		"postfach .. voll", "bo* .. pleine", "lleno|llena|cheia|piena", // the letter with a hat may have got lost
	}},
	{reason: Recipients, words: []string{"recipients .. limit"}},
	{reason: TooLarge, words: []string{
		"too big|large", "size .. exceed*|limit|maximum|too", "exceed* .. size", "maximum .. size|length", "length .. exceed*", "larger than",
	}},
}

// proofWords are for a sender that could not be proven. They stand before those
// of logins, which speak of authentication as well.
var proofWords = []rule{
	{reason: Unproven, words: []string{
		"dmarc*", "dkim*", "spf", "senderid", "sender id", "sender policy framework", "domainkeys", "authentication checks|results",
		"unauthenticated " + mails, mails + " .. unauthenticated", "not .. pass authentication", "sender authentication .. fail*",
	}},
}

// loginWords are for who sends, and for the line.
var loginWords = []rule{
	{reason: TLSNeeded, words: []string{
		"starttls", "tls|ssl|encryption .. required|needed|first|mandatory", "must|requires|require|need|needs|use .. tls|ssl|encryption|encrypted", "not support|offer tls|ssl",
	}},
	{reason: TLSNeeded, codes: "523 538 5.7.10 5.7.11"},
	{reason: AppPassword, words: []string{"application specific", "app specific", "app|application password", "authorization|authorisation code"}},
	{reason: BrowserLogin, words: []string{"web browser", "log .. browser", "browser .. log|login|sign"}},
	{reason: BrowserLogin, codes: "534/5.7.14"},
	{reason: BasicOff, words: []string{
		"smtpclientauthentication", "basic auth|authentication .. disabled|not|off", "auth|authentication .. disabled .. tenant|organization|mailbox|policy",
		"authentication not enabled", "password authentication .. disabled|not",
	}},
	{reason: ServiceOff, words: []string{
		"not enabled for smtp", "smtp|service|imap .. not enabled|activated .. account|user", "access rights .. service",
		"enable smtp|pop3|imap", "smtp access|service|submission .. disabled|denied|off", "smtp account|access|service not .. activated|enabled",
	}},
	{reason: ServiceOff, words: []string{"user no permission"}, unless: []string{"send", "post", "write"}}, // NetEase, at the login
	{reason: PasswordExpired, words: []string{"password .. expired|outdated", "password change|transition|reset", "change|reset .. password"}},
	{reason: LoginFault, words: []string{
		"temporar* authentication|auth|login", "authentication|auth|login .. temporar*", "authentication|auth server|service|backend",
		"authenticate .. temporar*", "authentication|auth|login failed .. system busy",
	}},
	{reason: LoginMethod, words: []string{
		"unrecognized|unsupported|unknown|invalid authentication|auth type|method|mechanism",
		"authentication|auth mechanism|method|type .. not|unsupported|unknown|invalid|weak",
	}},
	{reason: AppPassword, codes: "534/5.7.9"},
	// QUIRK: Exchange, of a recipient that takes mail of its own organisation alone.
	{reason: Restricted, words: []string{"authenticat*", "auth", "resolver.rst.auth*"}, also: []string{"group", "distribution list", "recipient domain|address|mailbox|requires", "resolver.rst*"}},
	{reason: LoginNeeded, words: []string{
		"unauthenticated", logins + " .. required|needed|necessary|mandatory", "authenticate first|before|yourself",
		"must|need|needs|please|requires|require|required .. authenticate|authentication|login|auth", "not authenticated|logged",
		"must authenticated", "auth|authentication|login first", "auth command .. first|issued|precede", "turn on smtp authentication", "pop before smtp",
	}},
	{reason: AccountBlocked, words: []string{
		"your account|mailbox|login " + disabled + "|blocked|restricted|compromised|barred", "your email|smtp account " + disabled + "|blocked",
		"account|user|sender " + disabled + "|blocked|restricted|barred .. sending|outgoing|outbound", "sender|sending account " + disabled + "|blocked",
		"your account|mailbox|login temporarily|permanently " + disabled + "|blocked|restricted|barred", "sending|outgoing|outbound suspended|paused|disabled|blocked",
		"outboundspam*", "bad outbound sender",
	}},
	{reason: LoginRefused, codes: "535"},
}

// senderWords are for the address of the envelope's sender, or of From.
var senderWords = []rule{
	{reason: Policy, words: []string{"policy|policies"}, also: []string{"sender", mails + " from", "envelope"}},
	{reason: SenderRefused, words: []string{"null|empty .. sender|senders", "emetteur|expediteur .. invalide|inconnu|inexistant|refuse"}},
	{reason: NotOwned, words: []string{
		"not owned", "send|sending as", "sendas*", "not .. " + allowed + " .. send .. from|as|using", allowed + " .. send .. as|from",
		"sender|from|envelope .. not .. match*|correspond*", "sender|from .. mismatch*", "not .. " + allowed + " .. use .. sender|from|address",
		"sender .. not .. " + allowed + "|belong*", "must match|equal", "must same as", "identities failed", "not one of your", "not local sender", "relaying disallowed as",
		"not .. sender signature|identity", "unconfigured|unverified|unauthorized|unauthorised sender|sending domain",
	}},
	{reason: SenderRefused, codes: "x.1.7"},
	{reason: SenderUnknown, words: []string{
		"sender .. domain .. not|unknown|invalid|unresolv*|nonexist*", "domain of sender",
		"sender .. unknown|nonexist*|undeliverable|unroutable|unrouteable|unresolvable|unverified",
		"sender .. not .. exist|exists|found|valid|resolve|verified|verify|known", "sender verify|verification|callout|validation",
		"unknown|nonexist*|unroutable|unrouteable|unresolvable|unverifiable sender", "return path .. not|invalid|unknown", "real domain name .. sender", "verify .. sender",
		"mx .. sender", "callback setup failed", "mailfrom .. not|unknown|invalid", "from domain|address .. not .. exist|resolve|valid|found",
	}},
	{reason: Blocked, words: []string{"banned|blocked|blacklisted|bad .. sender|senders", "badmailfrom", "sender .. " + lists + "|blocked|banned|reputation"}},
	{reason: SenderRefused, words: []string{
		"sender address", "sender " + refused + "|invalid|not", "invalid sender", "from address .. " + refused, "envelope sender .. " + refused, "bad|invalid from",
	}},
}

// originWords are for the machine that a message comes from. When a provider
// passes on what the next server has said, that is the provider's.
var originWords = []rule{
	{reason: Restricted, words: []string{"blocked by recipient|user|addressee", "recipient preferences|blocked|refuses", "recipient|user|mailbox not accept .. from|your"}},
	{reason: RelayDenied, words: []string{"not open relay", "domain not in .. list"}},
	{reason: HostName, words: []string{
		"reverse dns|hostname|lookup|record|mapping|name", "ptr", "rdns", "fcrdns", "your hostname", "helo|ehlo .. " + refused + "|invalid|not|mismatch*", "invalid|bad helo|ehlo",
		"ip name lookup", "client .. hostname", "unresolvable .. host|hostname", "hostname .. not match|resolve",
	}},
	{reason: Blocked, words: []string{
		"client host .. " + refused, "ip .. " + refused + "|listed|reputation|spam", "blocked|banned|blacklisted .. ip|host|ips", "bad ip", "mail server .. blocked", "smtp server .. isp|provider", "allowed to connect", "no access", lists, "black hole",
		"rbl|rbls|dnsbl|rhsbl|xbl|sbl|pbl|cbl|dnsbls", "spamhaus*", "zen.spamhaus*", "bl.spamcop*", "spamcop*", "barracuda*", "b.barracuda*",
		"sorbs*", "dnsbl*", "uceprotect*", "reputation", "banned sending", "access from .. blocked|denied", "dynamic|residential|dialup .. ip|host|range",
		"open relay|proxy", "connection|network|connections .. " + refused, "connections .. not accepted", "not accepting connections", "invalid|unauthorized|unauthorised ip", "not accept .. " + mails + " from",
		"unusual rate|volume", "unexpected volume", "spam list|source|sender|network|server", "user complaints", "host .. not allowed",
	}},
	{reason: Blocked, words: []string{"blocked see"}, unless: []string{mails + "|content|attachment|attachments .. blocked"}},
	{reason: RelayDenied, words: []string{
		"relay|relaying|relayed .. " + refused + "|not|disabled", "not|cannot|unable|no .. relay|relaying", "relay access", "rcpthosts|rcpthost",
		"not .. gateway", "relaying mail", "not .. hosted here", "not .. local domain", "not locally hosted",
	}},
}

// routeWords are for the way from the server to the recipient's.
var routeWords = []rule{
	{reason: TooManyHops, words: []string{"too many hops", "hop count", "hops exceeded", "mail|routing|message|forwarding loop*", "loops|looping", "too many received"}},
	{reason: NoMailHere, words: []string{"null mx", "nullmx", "not accept mail|email|any|messages|incoming|inbound", "accepts no mail|email", "domain " + disabled}},
	{reason: LookupFailed, words: []string{"name service error"}},
	{reason: NoDomain, words: []string{
		"host|domain|hostname|domainname .. " + unknown, "host|domain|hostname|name .. not .. found|exist|exists|resolve|resolved|known",
		"unknown|nonexist*|nosuch .. host|domain|hostname", "bad destination host|domain", "no such .. host|domain|hostname", "no host|domain .. named|name|found",
		"nonexistentdomain", "smtpsend.dns.nonexistentdomain", "nxdomain", "not find .. host|domain",
	}},
	{reason: NoRoute, words: []string{
		"unrouteable|unroutable", "no route", "cannot|unable|not .. route", "not|unable|cannot find .. mx|exchanger", "no mx|exchanger",
		"mx .. not|nonexist*|invalid", "no valid .. mx|host|hosts|route",
	}},
	{reason: LookupFailed, words: []string{
		"dns .. fail*|temporar*|timeout|problem|error|servfail", "lookup|resolver|resolution .. fail*|error|timeout|tempfail|temporar*",
		"temporar* .. lookup|resolve|resolution|dns", "name server .. fail*|timeout|problem", "cannot|not|unable .. resolve",
	}},
	{reason: Unreachable, words: []string{
		"connection .. timeout|timed|reset|lost|dropped", "connection refused by|from|or", "cannot|unable|could|able|failed .. connect|contact|reach|establish",
		"unreachable", "not reachable", "no answer|response from", "host|server .. not respond*|responding|down", "tls .. fail*|error|handshake",
	}},
}

// mailboxWords are for one recipient's mailbox.
var mailboxWords = []rule{
	{reason: BadAddress, words: []string{"address syntax", "syntax .. address", "fully qualified", "not valid rfc", "invalid rcpt to"}},
	{reason: MailboxMoved, words: []string{box + " .. moved", "moved to", "new address", "please .. forward|try .. instead", "changed .. address"}},
	{reason: MailboxOff, words: []string{
		box + " .. " + disabled, "account|mailbox|user .. blocked|barred", "inactive|suspended|disabled|deactivated|frozen " + box, box + " .. not .. active|activated|enabled",
		box + " .. no longer active|enabled", "konto|postfach .. gesperrt|deaktiviert", "compte .. bloque|bloqué|desactive|désactivé",
		"cuenta|conta .. desactivada|bloqueada|suspendida|suspensa",
	}},
	{reason: NoMailbox, words: []string{
		box + " .. " + unknown + "|invalid|incorrect",
		unknown + "|invalid|illegal|bad|wrong|incorrect|no|nosuch .. user|users|recipient|mailbox|account|alias|addressee|customer|subscriber|username|userid|person|member|rcpt",
		"wrong|incorrect address", "no such .. " + box, "no such local", "no " + box + " .. name|here|found|by|with", "unknown .. address|local|mail",
		box + " .. not .. found|exist|exists|existing|known|valid|registered|recognized|recognised|defined|listed|local|here|hosted|present|on",
		box + " .. no longer", "no longer .. " + box, "not .. valid|known|existing|local|our|registered .. " + box, "not .. yahoo.com account",
		"not .. " + box + " here|with", "not|unable|cannot find|locate|have .. " + box, "unable .. find .. " + box, "not here", "not list* .. directory",
		"recipientnotfound|userunknown|nosuchuser|mailboxnotfound|recipnotfound|unknownuser", "resolver.adr*",
		"cannot|not|unable .. verify .. " + box, "no one|nobody .. by|here", "local part .. unknown|invalid|not", "check .. typos", "no longer with|works|employed",
		"empfänger|benutzer|adresse .. unbekannt|nicht", "unbekannt* empfänger|benutzer|adresse",
		"utilisateur|destinataire|adresse .. inconnu|inconnue|inexistant|inexistante|invalide", "usuario|usuário|destinatario|destinatário|cuenta .. desconocido|desconhecido|no|não|inexistente",
		"utente|destinatario .. sconosciuto|inesistente|non",
	}},
	{reason: NoneLeft, words: []string{"no valid recipients|rcpt"}},
	{reason: Restricted, words: []string{
		"resolver.rst*", "not .. " + allowed + " .. send|post|write .. to|recipient|list|group", "only .. members|subscribers|internal|" + allowed + "|authenticated",
		"members only", "moderated", "not allowed|accept .. external|outside", "not .. whitelist*",
	}},
}

// contentWords are for the message.
var contentWords = []rule{
	{reason: Blocked, words: []string{"listed in|at|by|on"}}, // behind "user not listed in …"
	{reason: Virus, words: []string{"virus*", "malware", "infected", "trojan", "worm", "malicious"}},
	{reason: Attachment, words: []string{
		"attachment* .. " + refused + "|not|type|types|illegal|dangerous", "banned", "executable", "file type|name|extension",
		"dangerous|illegal|blocked|banned .. attachment|attachments|extension|file",
	}},
	{reason: Spam, words: []string{
		"spam*", "antispam", "unsolicited", "uce", "ube", "bulk " + mails, "junk*", "phish*", "scam", "suspicious", "suspected", "uribl*", "surbl*",
		"dcc", "bayes*", "objectionable", "dt spm", "similar to",
	}},
	{reason: NeedsUTF8, words: []string{"smtputf8", "internationali*"}},
	{reason: Malformed, words: []string{
		"rfc .. complian*|conform*|violat*", "not .. compliant", "rfc5322|rfc2822|rfc822|5322|2822|822", "header|headers .. error|errors|missing|invalid|duplicate|malformed|required|bad|illegal",
		"missing|invalid|duplicate|multiple|malformed|bad|illegal .. header|headers|date|subject|messageid", "message id .. missing|invalid|required",
		"bare lf|cr|linefeed|newline", "mime .. error|invalid|malformed|structure", "malformed " + mails, "invalid|null character|characters", "8bit", "8 bit", "empty message",
	}},
	{reason: Content, words: []string{"content", "contains|containing .. url|link|links|" + refused + "|words|phrase|text", "body .. " + refused, mails + " filtered", "filtered"}},
	{reason: Policy, words: []string{"policy|policies", "administrative*", "administrator*", "security", "local rule|rules", "by .. rule|rules|filter|firewall", "complaint|complaints"}},
}

// serverWords are for the server itself, and for the dialogue.
var serverWords = []rule{
	{reason: StorageFull, words: []string{"insufficient .. storage|space|memory|resources|disk", "disk .. full|space", "out of memory|disk", "system|filesystem|server full"}},
	{reason: ServerFault, words: []string{
		"system|internal|local|processing|configuration|config|server|database|backend|software|unexpected|table|mailer|service .. error|problem|failure|fault|failed",
		"misconfigur*", "queue|file .. write|error", "error .. processing", "broken pipe", "cannot|unable|not open|create|write|execute|exec|chdir|start|read",
	}},
	{reason: NotSupported, words: []string{
		"not implemented", "command|parameter|parameters|option|extension not|unrecognized|unsupported|unknown|unimplemented",
		"unrecognized|unsupported|unknown|unimplemented command|parameter|option|extension|feature", "not supported",
	}},
	{reason: Syntax, codes: "500 501 555", words: []string{"syntax"}},
	{reason: BadAddress, words: []string{
		"bad|malformed|illegal|invalid|improper .. address|addresses|domain|host|hostname", "address|domain .. malformed|format", "unbalanced",
	}},
	{reason: OutOfTime, words: []string{"message|delivery|mail .. expired|timeout", "retry time|timeout .. exceeded|expired", "too long .. queue", "queue too long", "undelivered after", "retry time not reached", "multiple retries|attempts"}},
	{reason: Busy, codes: "421 450 451 452 454", words: []string{
		"try .. later", "try again", "retry", "busy", "overload*", "temporar*", "resources", "shutting down", "service|server .. unavailable",
		"service|server .. not available", "come back", "deferred", "later", "load .. high|too", "please wait",
	}},
}

// usualCodes are the subjects and details of RFC 3463 and its registry, as most
// servers use them.
var usualCodes = []rule{
	{reason: NoMailbox, codes: "x.1.1 5.1.10"},
	{reason: AddressRefused, codes: "x.1.0"},
	{reason: NoDomain, codes: "x.1.2 5.4.310"},
	{reason: BadAddress, codes: "x.1.3 x.1.4"},
	{reason: MailboxMoved, codes: "x.1.6"},
	{reason: SenderUnknown, codes: "x.1.8"},
	{reason: MailboxOff, codes: "5.2.1"},
	{reason: Unavailable, codes: "4.2.1 x.1.5"},
	{reason: MailboxFull, codes: "x.2.2"},
	{reason: Restricted, codes: "x.7.2 x.2.4"},
	{reason: TooLarge, codes: "x.2.3 x.3.4"},
	{reason: ServerFault, codes: "x.3.0 x.3.5", unless: []string{"rejected " + mails}}, // QUIRK: qmail, of a message that its filter refuses
	{reason: StorageFull, codes: "x.3.1"},
	{reason: Busy, codes: "4.3.2"},
	{reason: NotSupported, codes: "x.3.3 x.5.4"},
	// QUIRK: Exchange Online, for an address that the directory does not have.
	{reason: AddressRefused, codes: "5.4.1", words: []string{"recipient address", "access denied"}},
	{reason: Unreachable, codes: "x.4.1 x.4.2 x.4.316"},
	{reason: LookupFailed, codes: "4.4.3 5.4.312"},
	{reason: NoRoute, codes: "x.4.3 x.4.4"},
	{reason: TooManyHops, codes: "x.4.6 5.4.14"},
	{reason: OutOfTime, codes: "x.4.7 x.4.300"},
	{reason: Recipients, codes: "x.5.3"},
	{reason: Malformed, codes: "x.6.0 x.6.1 x.6.2 x.6.3 x.6.4 x.6.5 x.6.6 5.6.11 5.7.512"},
	{reason: NeedsUTF8, codes: "x.6.7 x.6.8 x.6.9 x.6.10"},
	{reason: LoginMethod, codes: "x.7.4"},
	{reason: LoginRefused, codes: "535 x.7.8"},
	{reason: PasswordExpired, codes: "x.7.12"},
	{reason: LoginNeeded, codes: "530"},
	{reason: Policy, codes: "5.7.0 5.7.5 5.7.7 5.7.9"},
}

// lastWords say little, and stand in many replies that say more.
var lastWords = []rule{
	{reason: Unavailable, words: []string{
		"mailbox|account|user|recipient .. unavailable", "mailbox|account|user|recipient .. not available", "undeliverable|unverified", "not deliverable",
	}},
	{reason: NoRoom, words: []string{"storage allocation"}},
	{reason: AddressRefused, words: []string{"recipient|recipients|rcpt|address .. " + refused + "|not", "not .. recipient|address"}},
	{reason: AccessDenied, words: []string{"access|permission|authorization .. " + refused, "not .. " + allowed}},
	{reason: AccessDenied, codes: "x.7.1"},
	{reason: NoneLeft, codes: "554/5.5.1"},
}

// basicCodes are for replies without any more than that (RFC 5321 §4.2.3).
var basicCodes = []rule{
	{reason: OutOfStep, codes: "503"},
	{reason: Syntax, codes: "500 501 555"},
	{reason: NotSupported, codes: "502 504"},
	{reason: NoMailHere, codes: "521"},
	{reason: MailboxMoved, codes: "551"},
	{reason: NoRoom, codes: "552"},
	{reason: StorageFull, codes: "452"},
	{reason: ServerFault, codes: "451"},
	{reason: Busy, codes: "421 450"},
	{reason: LoginFault, codes: "454"},
	{reason: LoginRefused, codes: "534"},
}
