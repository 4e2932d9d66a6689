package check

// Cause names why a step is not ok. The list is a contract: doc/check.md explains
// every one, and scripts may rely on them.
type Cause string

// The causes.
const (
	// Of any step.
	CauseNotReached Cause = "not-reached" // a step before it failed
	CauseNotNeeded  Cause = "not-needed"  // the account does not ask for it
	CauseTimeOver   Cause = "time-over"   // the check's 20 seconds were over
	CauseRefused    Cause = "refused"     // the server refuses, and nothing more is known
	CauseFailed     Cause = "failed"      // something else went wrong

	// The account itself.
	CauseSettings    Cause = "settings"
	CausePort25      Cause = "port-25"
	CauseSecret      Cause = "secret"
	CauseSecretSlow  Cause = "secret-slow"
	CauseTokenServer Cause = "token-server" // no token from it now; not the user's fault

	// The way to the server.
	CauseHostUnknown Cause = "host-unknown"
	CauseOffline     Cause = "offline"
	CausePortClosed  Cause = "port-closed"
	CauseNoAnswer    Cause = "no-answer"
	CauseProxy       Cause = "proxy"
	CauseLost        Cause = "connection-lost"

	// The line.
	CausePlainPort       Cause = "plain-port" // TLS wanted, SMTP in the clear is spoken
	CauseTLSPort         Cause = "tls-port"   // the other way round
	CauseTLSOld          Cause = "tls-old"
	CauseTLSRefused      Cause = "tls-refused"
	CauseTLSSilent       Cause = "tls-silent"
	CauseNoSTARTTLS      Cause = "no-starttls"
	CauseTampered        Cause = "tampered"
	CauseClientCert      Cause = "client-certificate"
	CauseCertExpired     Cause = "certificate-expired"
	CauseCertNotYetValid Cause = "certificate-not-yet-valid"
	CauseCertName        Cause = "certificate-name"
	CauseCertAuthority   Cause = "certificate-authority"
	CauseCertPin         Cause = "certificate-pin"
	CauseCertificate     Cause = "certificate"

	// What answers.
	CauseNotMail      Cause = "not-a-mail-server"
	CauseSilent       Cause = "silent"
	CauseBusy         Cause = "busy"
	CauseUnwelcome    Cause = "network-refused"
	CauseSenseless    Cause = "protocol"
	CauseTooManyConns Cause = "too-many-connections"

	// The login.
	CauseNoLogin         Cause = "no-login"
	CauseLoginNeeded     Cause = "login-needed"
	CauseOAuthOnly       Cause = "oauth-only"
	CauseLoginMethod     Cause = "login-method"
	CauseClearLine       Cause = "clear-line"
	CauseUnsafeLogin     Cause = "unsafe-login"
	CauseLoginRefused    Cause = "login-refused"
	CauseTokenRefused    Cause = "token-refused"
	CauseAppPassword     Cause = "app-password"
	CauseSMTPOff         Cause = "smtp-auth-off" // by the organisation
	CauseServiceOff      Cause = "service-off"   // by the user's own settings
	CausePasswordExpired Cause = "password-expired"
	CauseBrowserLogin    Cause = "browser-login"
	CauseAccountBlocked  Cause = "account-blocked"
	CauseTooManyLogins   Cause = "too-many-logins"
	CauseLoginFault      Cause = "login-fault" // the server could not look
	CauseLoginHangUp     Cause = "login-hang-up"
	CauseSamePassword    Cause = "same-password" // it was refused elsewhere just now

	// What may be sent.
	CauseFromRefused Cause = "from-refused"
	CauseSelfRefused Cause = "self-refused" // the account's own address as a recipient
	CauseNoUTF8      Cause = "no-smtputf8"
	CauseSendLimit   Cause = "send-limit"
	CauseSizeLimit   Cause = "size-limit"

	// The mailbox.
	CauseMailboxOff Cause = "mailbox-off"
	CauseNoFolder   Cause = "no-folder"
	CauseNoUIDL     Cause = "no-uidl"

	// The domain of the sender.
	CauseNoDNS         Cause = "no-dns"
	CauseNoSPF         Cause = "no-spf"
	CauseManySPF       Cause = "several-spf"
	CauseSPFOpen       Cause = "spf-allows-all"
	CauseSPFLookups    Cause = "spf-lookups"
	CauseSPFBroken     Cause = "spf-broken"
	CauseSPFProvider   Cause = "spf-without-provider"
	CauseNoDKIM        Cause = "dkim-not-found"
	CauseNoDMARC       Cause = "no-dmarc"
	CauseManyDMARC     Cause = "several-dmarc"
	CauseDMARCNoReport Cause = "dmarc-no-reports"
	CauseUnaligned     Cause = "unaligned"
	CauseNoMX          Cause = "no-mx"
	CauseNullMX        Cause = "null-mx"

	// The loop-back test.
	CauseNotSent    Cause = "not-sent"
	CauseNotArrived Cause = "not-arrived"
	CauseRewritten  Cause = "rewritten"
	CauseNotProven  Cause = "not-proven"
)
