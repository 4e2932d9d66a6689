package smtp

import (
	"strconv"
	"testing"

	"sendoff/outbox"
	"sendoff/outbox/refusal"
)

// What providers and mail servers are known to say, at the point where they say
// it: what it comes to, and the reason that the person is told. Unknown is for
// those where any reason will do, since their line says what the class does.
func TestVerdict_OfWhatProvidersSay(t *testing.T) {
	const (
		greet, ehlo, auth = phaseGreeting, phaseEHLO, phaseAuth
		mail, rcpt, more  = phaseMail, phaseFirstRcpt, phaseFurtherRcpt
		data, dot         = phaseData, phaseDot
	)
	for _, c := range []struct {
		phase  phase
		said   string
		class  outbox.Class
		reason refusal.Reason
	}{
		// Gmail.
		{mail, "553 5.1.7 The sender address <ada> is not a valid RFC 5321 address.", outbox.ClassMessage, refusal.SenderRefused},
		{rcpt, "553 5.1.3 The recipient address <bob@> is not a valid RFC 5321 address.", outbox.ClassRejected, refusal.BadAddress},
		{auth, "454 4.7.0 Cannot authenticate due to a temporary system problem. Try again later.", outbox.ClassThrottled, refusal.LoginFault},
		{greet, "421 4.7.0 Try again later, closing connection. (EHLO)", outbox.ClassThrottled, refusal.Rate},
		{dot, "550 5.7.1 The user or domain that you are sending to (or from) has a policy that prohibited the mail that you sent.", outbox.ClassPolicy, refusal.Policy},
		{data, "503 5.5.1 RCPT first.", outbox.ClassProtocol, refusal.OutOfStep},

		// Exchange and Outlook.
		{dot, "554 5.2.0 STOREDRV.Submission.Exception:SubmissionQuotaExceededException; Failed to process message due to a permanent exception with message The message can't be submitted because the sender's submission quota was exceeded.", outbox.ClassThrottled, refusal.Rate},
		{dot, "550 5.7.232 Your message can't be sent because your trial tenant has exceeded its daily limit for sending email to external recipients (tenant external recipient rate limit)", outbox.ClassThrottled, refusal.DailyLimit},
		{dot, "550 5.7.233 Your message can't be sent because your tenant exceeded its tenant external recipient rate limit", outbox.ClassThrottled, refusal.Rate},
		{dot, "550 5.7.501 Access denied, spam abuse detected. The sending account has been banned due to detected spam activity.", outbox.ClassAccount, refusal.AccountBlocked},
		{dot, "550 5.7.708 Service unavailable. Access denied, traffic not accepted from this IP.", outbox.ClassAccount, refusal.AccountBlocked},
		{rcpt, "550 5.7.504 [bob@example.com]: Recipient address rejected: Access denied", outbox.ClassRejected, refusal.AddressRefused},
		{dot, "550 5.7.508 Access denied, [192.0.2.1] has exceeded permitted limits within 192.0.2.0/24 range", outbox.ClassThrottled, refusal.Rate},
		{dot, "550 5.7.520 Access denied, Your organization does not allow external forwarding. Please contact your administrator for further assistance.", outbox.ClassPolicy, refusal.Unknown},
		{dot, "550 5.1.20 Multiple From addresses are not allowed without Sender address", outbox.ClassMessage, refusal.Malformed},
		{mail, "501 5.1.7 Invalid address", outbox.ClassMessage, refusal.Unknown},
		{rcpt, "501 5.1.3 Invalid address", outbox.ClassRejected, refusal.BadAddress},
		{mail, "421 4.4.2 Connection dropped due to SocketError", outbox.ClassTemporary, refusal.Unknown},
		{rcpt, "554 5.4.4 SMTPSEND.DNS.NonExistentDomain; nonexistent domain", outbox.ClassRejected, refusal.NoDomain},
		{dot, "451 4.7.651 The mail server [192.0.2.1] has been temporarily rate limited due to IP reputation. For e-mail delivery information, see https://postmaster.live.com (S775)", outbox.ClassThrottled, refusal.Rate},

		// Yahoo.
		{dot, "554 5.7.9 Message not accepted for policy reasons. See https://postmaster.yahooinc.com/error-codes", outbox.ClassPolicy, refusal.Policy},
		{dot, "550 5.7.9 This mail has been blocked because the sender is unauthenticated. Yahoo requires all senders to authenticate with either SPF or DKIM.", outbox.ClassPolicy, refusal.Unproven},
		{auth, "535 5.7.0 (#AUTH005) Too many bad auth attempts.", outbox.ClassThrottled, refusal.Logins},
		{auth, "535 5.7.0 (#MBR1212) Incorrect username or password", outbox.ClassCredentials, refusal.LoginRefused},
		{mail, "550 Request failed; Mailbox unavailable", outbox.ClassMessage, refusal.Unknown},

		// iCloud.
		{mail, "550 5.7.0 From address is not one of your addresses", outbox.ClassMessage, refusal.NotOwned},
		{dot, "554 5.7.1 [CS01] Message rejected due to local policy. Please visit https://support.apple.com/en-us/HT204137", outbox.ClassPolicy, refusal.Policy},
		{rcpt, "550 5.1.6 recipient no longer on server: bob@me.com", outbox.ClassRejected, refusal.NoMailbox},

		// GMX, T-Online, Strato.
		{mail, "550 Requested action not taken: mailbox unavailable Sender address is not allowed.", outbox.ClassMessage, refusal.NotOwned},
		{mail, "450 Requested mail action not taken: mailbox unavailable Mail send limit exceeded.", outbox.ClassThrottled, refusal.Rate},
		{rcpt, "450 Requested mail action not taken: mailbox unavailable. For explanation visit https://postmaster.gmx.net/en/case?c=r0601", outbox.ClassTemporary, refusal.Unavailable},
		{greet, "554 IP=192.0.2.1 - A problem occurred. (Ask your postmaster for help or to contact tobr@rx.t-online.de to clarify.) (BL)", outbox.ClassAccount, refusal.Unknown},
		{dot, "550 5.7.1 Refused by local policy. No SPAM please!", outbox.ClassPolicy, refusal.Unknown},
		{dot, "550 5.6.0 Lone CR or LF in body (see RFC2822 section 2.3)", outbox.ClassMessage, refusal.Malformed},

		// OVH, Orange, Free.
		{mail, "550 5.7.1 Your account ada@example.org has been blocked for spam", outbox.ClassAccount, refusal.AccountBlocked},
		{dot, "554 5.7.0 Your message could not be sent. The limit on the number of allowed outgoing messages was exceeded. Try again later.", outbox.ClassThrottled, refusal.Rate},
		{greet, "421 Service refuse. Veuillez essayer plus tard. Service refused, please try later. OFR_999 [999]", outbox.ClassNetwork, refusal.Busy},
		{greet, "550 5.5.0 Trop de connexions, veuillez verifier votre configuration. Too many connections, slow down. OFR_004_104 [104]", outbox.ClassThrottled, refusal.Connections},
		{dot, "550 5.2.0 Mail rejete. Mail rejected. OFR_506 [506]", outbox.ClassMessage, refusal.Unknown},

		// Mail.ru and Yandex.
		{mail, "550 not local sender over smtp", outbox.ClassMessage, refusal.NotOwned},
		{auth, "535 5.7.0 NEOBEE: Application password is required https://help.mail.ru/mail/security/protection/external", outbox.ClassCredentials, refusal.AppPassword},
		{dot, "550 spam message rejected. Please visit http://help.mail.ru/notspam-support/id?c=x", outbox.ClassPolicy, refusal.Spam},
		{rcpt, "550 Message was not accepted -- invalid mailbox.  Local mailbox bob@mail.ru is unavailable: user is terminated", outbox.ClassRejected, refusal.MailboxOff},
		{mail, "553 5.7.1 Sender address rejected: not owned by auth user.", outbox.ClassMessage, refusal.NotOwned},
		{dot, "554 5.7.1 [2] Message rejected under suspicion of SPAM; https://ya.cc/1IrBc", outbox.ClassPolicy, refusal.Spam},
		{mail, "451 4.7.1 Sorry, the service is currently unavailable. Please come back later.", outbox.ClassTemporary, refusal.Busy},
		{rcpt, "450 4.2.1 The recipient has exceeded message rate limit. Try again later.", outbox.ClassTemporary, refusal.SlowMailbox},
		{rcpt, "550 5.7.1 No such user!", outbox.ClassRejected, refusal.NoMailbox},

		// QQ and 163.
		{mail, "501 mail from address must be same as authorization user.", outbox.ClassMessage, refusal.NotOwned},
		{mail, "553 Mail from must equal authorized user", outbox.ClassMessage, refusal.NotOwned},
		{auth, "535 Login Fail. Please enter your authorization code to login. More information in http://service.mail.qq.com/cgi-bin/help", outbox.ClassCredentials, refusal.AppPassword},
		{auth, "535 Login fail. Account is abnormal, service is not open, password is incorrect, login frequency limited, or system is busy. More information at https://help.mail.qq.com/detail/108/1023", outbox.ClassCredentials, refusal.LoginRefused},
		{auth, "550 User has no permission", outbox.ClassCredentials, refusal.ServiceOff},
		{auth, "535 Error: authentication failed, system busy", outbox.ClassCredentials, refusal.LoginFault},
		{mail, "550 Connection frequency limited", outbox.ClassThrottled, refusal.Rate},
		{dot, "550 Domain frequency limited. http://service.mail.qq.com/cgi-bin/help", outbox.ClassThrottled, refusal.Rate},
		{dot, "552 Illegal Attachment", outbox.ClassPolicy, refusal.Attachment},

		// Zoho, Fastmail.
		{mail, "550 5.4.6 Unusual sending activity detected. Please try after sometime", outbox.ClassThrottled, refusal.Rate},
		{dot, "550 5.4.6 Unusual sending activity detected. Please try after sometime", outbox.ClassThrottled, refusal.Rate},
		{mail, "553 Relaying disallowed as ada@example.org", outbox.ClassMessage, refusal.NotOwned},
		{mail, "554 5.1.8 Email Outgoing Blocked", outbox.ClassAccount, refusal.AccountBlocked},
		{dot, "551 5.7.1 Not authorised to send from this header address", outbox.ClassMessage, refusal.NotOwned},

		// Those that send for others.
		{dot, "554 Message rejected: Sending suspended for this account. For more information, please check the inbox of the email address associated with your AWS account.", outbox.ClassAccount, refusal.AccountBlocked},
		{dot, "554 Transaction failed: Duplicate header 'Date'.", outbox.ClassMessage, refusal.Malformed},
		{more, "554 Transaction failed: Recipient count exceeds 50.", outbox.ClassTemporary, refusal.Recipients},
		{rcpt, "501 Invalid RCPT TO address provided", outbox.ClassRejected, refusal.BadAddress},
		{mail, "550 Maximum credits exceeded", outbox.ClassThrottled, refusal.Rate},
		{auth, "451 Authentication failed: Maximum credits exceeded", outbox.ClassThrottled, refusal.Rate},
		{dot, "550 The from address does not match a verified Sender Identity. Mail cannot be sent until this error is resolved. Visit https://sendgrid.com/docs/for-developers/sending-email/sender-identity/ to see the Sender Identity requirements", outbox.ClassMessage, refusal.NotOwned},
		{auth, "535 Authentication failed: The provided authorization grant is invalid, expired, or revoked", outbox.ClassCredentials, refusal.LoginRefused},
		{dot, "451 4.7.1 Domain mg.example.org is not allowed to send: recipient limit exceeded, try again after Tue, 23 Apr 2024", outbox.ClassThrottled, refusal.Rate},
		{dot, "550 5.0.0 The 'From' address you supplied (Ada <ada@example.org>) is not a Sender Signature on your account.", outbox.ClassMessage, refusal.NotOwned},
		{dot, "451 You have reached your monthly email limit", outbox.ClassThrottled, refusal.Rate},
		{auth, "535 Your account has been temporarily blocked. Please contact our Support team to get assistance.", outbox.ClassCredentials, refusal.AccountBlocked},
		{auth, "525 5.7.1 Unauthorized IP address", outbox.ClassCredentials, refusal.Blocked},
		{mail, "502 5.7.0 Your SMTP account is not yet activated. Contact us at contact@sendinblue.com", outbox.ClassCredentials, refusal.ServiceOff},
		{dot, "550 5.7.1 Unconfigured Sending Domain <example.org>", outbox.ClassMessage, refusal.NotOwned},

		// Filters in front of others.
		{mail, "550 Administrative prohibition - envelope blocked - https://community.mimecast.com/docs/DOC-1369#550", outbox.ClassPolicy, refusal.Policy},
		{rcpt, "451 Internal resource temporarily unavailable - https://community.mimecast.com/docs/DOC-1369#451", outbox.ClassTemporary, refusal.Busy},
		{dot, "554 Email rejected due to security policies - https://community.mimecast.com/docs/DOC-1369#554", outbox.ClassPolicy, refusal.Policy},
		{greet, "554 Blocked - see https://ipcheck.proofpoint.com/?ip=192.0.2.1", outbox.ClassAccount, refusal.Blocked},
		{mail, "550 5.1.0 Sender Denied", outbox.ClassMessage, refusal.SenderRefused},
		{rcpt, "550 permanent failure for one or more recipients (bob@example.com:550 5.1.1 <bob@example.com>: User unknown) d1.o.ess.barracudanetworks.com", outbox.ClassRejected, refusal.NoMailbox},
		{rcpt, "550 5.1.1 <bob@example.com>: Recipient address rejected: User unknown; checked by the gateway (barracuda)", outbox.ClassRejected, refusal.NoMailbox},
		{rcpt, "554 Service unavailable; Client host [192.0.2.1] blocked using Barracuda Reputation; http://www.barracudanetworks.com/reputation/?r=1&ip=192.0.2.1", outbox.ClassPolicy, refusal.Blocked},
		{greet, "554-mx1.example.org 554 Your access to this mail system has been rejected due to the sending MTA's poor reputation. If you believe that this failure is in error, please contact the intended recipient via alternate means.", outbox.ClassAccount, refusal.Blocked},
		{rcpt, "452 Too many recipients received this hour", outbox.ClassThrottled, refusal.Rate},
		{rcpt, "550 5.7.1 Service unavailable; Client host [192.0.2.1] blocked using Trend Micro RBL+. Please see http://www.mail-abuse.com/", outbox.ClassPolicy, refusal.Blocked},
		{mail, "501 Connection rejected by policy [7.7] 38206, please visit www.messagelabs.com/support for more details about this error message.", outbox.ClassPolicy, refusal.Unknown},

		// rspamd, postscreen, policyd.
		{dot, "554 5.7.1 Gtube pattern", outbox.ClassPolicy, refusal.Unknown},
		{dot, "451 4.7.1 Try again later", outbox.ClassTemporary, refusal.Busy},
		{dot, `451 4.7.1 Ratelimit "user" exceeded`, outbox.ClassThrottled, refusal.Rate},
		{greet, "521 5.7.1 Service unavailable; client [192.0.2.1] blocked using zen.spamhaus.org", outbox.ClassAccount, refusal.Blocked},
		{greet, "421 4.3.2 All server ports are busy", outbox.ClassNetwork, refusal.Busy},
		{rcpt, "450 4.3.2 Service currently unavailable", outbox.ClassTemporary, refusal.Busy},
		{rcpt, "554 5.7.1 <bob@example.com>: Recipient address rejected: Policy Rejection: Message count quota exceeded.", outbox.ClassThrottled, refusal.Rate},
		{rcpt, "450 4.7.1 <bob@example.com>: Recipient address rejected: Message delivery request rate quota exceeded", outbox.ClassThrottled, refusal.Rate},

		// Exim, cPanel, Plesk, DirectAdmin.
		{dot, "550 Domain example.org has exceeded the max defers and failures per hour (5/5 (100%)) allowed. Message discarded.", outbox.ClassThrottled, refusal.Rate},
		{rcpt, "550 Sender rate limit exceeded for ada@example.org (200/1h). Try again later.", outbox.ClassThrottled, refusal.Rate},
		{dot, "554 5.7.1 Number of outgoing email messages exceeds the limit", outbox.ClassThrottled, refusal.Rate},
		{rcpt, "550 You (ada) have reached the limit of sending 200 e-mails", outbox.ClassThrottled, refusal.Rate},
		{rcpt, "550 You have reached your daily email limit at ada@example.org", outbox.ClassThrottled, refusal.DailyLimit},
		{ehlo, "501 Syntactically invalid HELO argument(s)", outbox.ClassAccount, refusal.Unknown},
		{mail, "550 Access denied - Invalid HELO name (See RFC2821 4.1.1.1)", outbox.ClassPolicy, refusal.HostName},
		{rcpt, "550 Callback setup failed while verifying <ada@example.org>", outbox.ClassMessage, refusal.SenderUnknown},
		{rcpt, "550 authentication required", outbox.ClassCredentials, refusal.LoginNeeded},
		{dot, "552 ada@example.org User has exceeded its 24-hour sending limit. Messages to 250 recipients out of 250 allowed have been sent. Relay quota will reset in 0.32 hours.", outbox.ClassThrottled, refusal.DailyLimit},

		// Other servers.
		{dot, "554 mail server permanently rejected message (#5.3.0)", outbox.ClassMessage, refusal.Unknown},
		{dot, "451 mail server temporarily rejected message (#4.3.0)", outbox.ClassTemporary, refusal.Unknown},
		{mail, "511 sorry, can't find a valid MX for sender domain (#5.1.1 - chkuser)", outbox.ClassMessage, refusal.SenderUnknown},
		{rcpt, "511 sorry, no mailbox here by that name (#5.1.1 - chkuser)", outbox.ClassRejected, refusal.NoMailbox},
		{mail, "452 4.4.5 Insufficient disk space; try again later", outbox.ClassTemporary, refusal.StorageFull},
		{mail, "553 5.5.4 <ada>... Domain name required for sender address ada", outbox.ClassMessage, refusal.SenderRefused},
		{greet, "421 4.3.2 Connection rate limit exceeded.", outbox.ClassThrottled, refusal.Rate},
		{rcpt, "554 Relay rejected for policy reasons.", outbox.ClassRejected, refusal.RelayDenied},
		{rcpt, "554 bob@example.com... User bob@example.com not listed in Domino Directory", outbox.ClassRejected, refusal.NoMailbox},
		{rcpt, "550 Mailbox unavailable or access denied - <bob@example.com>", outbox.ClassRejected, refusal.Unavailable},
		{rcpt, "550 I cannot deliver mail for <bob@example.com>", outbox.ClassRejected, refusal.Unknown},
		{auth, "535 Authentication failed. Restarting authentication process.", outbox.ClassCredentials, refusal.LoginRefused},
		{rcpt, "530 SMTP authentication is required.", outbox.ClassCredentials, refusal.LoginNeeded},
		{mail, "550 5.7.1 Sender email address must match the authenticated account", outbox.ClassMessage, refusal.NotOwned},
		{rcpt, "550 5.1.1 <bob@example.com>: Recipient address rejected: example.com", outbox.ClassRejected, refusal.Unknown},
		{mail, "554 5.7.1 <ada@example.org>: Sender address rejected: Access denied", outbox.ClassMessage, refusal.SenderRefused},
		{mail, "554 5.7.1 ada@example.org: Sender address rejected: Your account has been suspended, contact support", outbox.ClassAccount, refusal.AccountBlocked},
		{dot, "550 5.7.1 Delivery not authorized, message refused: Message is not RFC 2822 compliant", outbox.ClassPolicy, refusal.Malformed},
		{rcpt, "513 Relaying denied.", outbox.ClassRejected, refusal.RelayDenied},
		{rcpt, "553 5.3.0 flpd580 DNSBL:RBL 521< 192.0.2.1 >_is_blocked.For assistance forward this error to abuse_rbl@abuse-att.net", outbox.ClassPolicy, refusal.Blocked},
		{mail, "550 5.1.0 sender rejected : invalid sender domain", outbox.ClassMessage, refusal.Unknown},
	} {
		code, err := strconv.Atoi(c.said[:3])
		if err != nil {
			t.Fatal(err)
		}
		got := verdict(c.phase, reply{code: code, text: c.said[4:]})
		why := refusal.Of(got.Code, got.Enhanced, got.Text)
		if got.Class != c.class || c.reason != refusal.Unknown && why != c.reason {
			t.Errorf("%s: %s: %s for reason %d, want %s for %d", c.phase, c.said, got.Class, why, c.class, c.reason)
		}
	}
}
