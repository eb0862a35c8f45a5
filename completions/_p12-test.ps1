
using namespace System.Management.Automation
using namespace System.Management.Automation.Language

Register-ArgumentCompleter -Native -CommandName 'p12-test' -ScriptBlock {
    param($wordToComplete, $commandAst, $cursorPosition)

    $commandElements = $commandAst.CommandElements
    $command = @(
        'p12-test'
        for ($i = 1; $i -lt $commandElements.Count; $i++) {
            $element = $commandElements[$i]
            if ($element -isnot [StringConstantExpressionAst] -or
                $element.StringConstantType -ne [StringConstantType]::BareWord -or
                $element.Value.StartsWith('-') -or
                $element.Value -eq $wordToComplete) {
                break
        }
        $element.Value
    }) -join ';'

    $completions = @(switch ($command) {
        'p12-test' {
            [CompletionResult]::new('--alias', '--alias', [CompletionResultType]::ParameterName, 'Which key of several: its friendly name, or #N')
            [CompletionResult]::new('--password-file', '--password-file', [CompletionResultType]::ParameterName, 'Read the password from a file; one line ending at its end is dropped')
            [CompletionResult]::new('--password-env', '--password-env', [CompletionResultType]::ParameterName, 'Read the password from an environment variable')
            [CompletionResult]::new('-p', '-p', [CompletionResultType]::ParameterName, 'The password itself; others on this machine can see it in the list of processes')
            [CompletionResult]::new('--password', '--password', [CompletionResultType]::ParameterName, 'The password itself; others on this machine can see it in the list of processes')
            [CompletionResult]::new('-X', '-X ', [CompletionResultType]::ParameterName, 'The method; GET without a body, POST with one')
            [CompletionResult]::new('--method', '--method', [CompletionResultType]::ParameterName, 'The method; GET without a body, POST with one')
            [CompletionResult]::new('--request', '--request', [CompletionResultType]::ParameterName, 'The method; GET without a body, POST with one')
            [CompletionResult]::new('--content-type', '--content-type', [CompletionResultType]::ParameterName, 'The content type; application/json where there is a body')
            [CompletionResult]::new('-d', '-d', [CompletionResultType]::ParameterName, 'The body: DATA, @FILE, or @- for standard input; sent as it is')
            [CompletionResult]::new('--body', '--body', [CompletionResultType]::ParameterName, 'The body: DATA, @FILE, or @- for standard input; sent as it is')
            [CompletionResult]::new('--data', '--data', [CompletionResultType]::ParameterName, 'The body: DATA, @FILE, or @- for standard input; sent as it is')
            [CompletionResult]::new('-H', '-H ', [CompletionResultType]::ParameterName, 'A further header, ''Name: value''; may be repeated')
            [CompletionResult]::new('--header', '--header', [CompletionResultType]::ParameterName, 'A further header, ''Name: value''; may be repeated')
            [CompletionResult]::new('--authorization', '--authorization', [CompletionResultType]::ParameterName, 'The Authorization for the endpoint; others on this machine can see it in the list of processes')
            [CompletionResult]::new('--authorization-file', '--authorization-file', [CompletionResultType]::ParameterName, 'Read the Authorization from a file')
            [CompletionResult]::new('--authorization-env', '--authorization-env', [CompletionResultType]::ParameterName, 'Read the Authorization from an environment variable')
            [CompletionResult]::new('--cacert', '--cacert', [CompletionResultType]::ParameterName, 'Trust the CAs of this PEM file or hashed directory, and no others')
            [CompletionResult]::new('--resolve', '--resolve', [CompletionResultType]::ParameterName, 'Use this address for a host and port in place of DNS; may be repeated')
            [CompletionResult]::new('-x', '-x', [CompletionResultType]::ParameterName, 'The proxy: [http|socks5|socks5h]://HOST:PORT; empty for none')
            [CompletionResult]::new('--proxy', '--proxy', [CompletionResultType]::ParameterName, 'The proxy: [http|socks5|socks5h]://HOST:PORT; empty for none')
            [CompletionResult]::new('--proxy-user-file', '--proxy-user-file', [CompletionResultType]::ParameterName, 'Read user:password for --proxy from a file')
            [CompletionResult]::new('--proxy-user-env', '--proxy-user-env', [CompletionResultType]::ParameterName, 'Read user:password for --proxy from an environment variable')
            [CompletionResult]::new('--connect-timeout', '--connect-timeout', [CompletionResultType]::ParameterName, 'Seconds for DNS, TCP, proxy and TLS together')
            [CompletionResult]::new('-m', '-m', [CompletionResultType]::ParameterName, 'Seconds for the whole call')
            [CompletionResult]::new('--max-time', '--max-time', [CompletionResultType]::ParameterName, 'Seconds for the whole call')
            [CompletionResult]::new('--tls-min', '--tls-min', [CompletionResultType]::ParameterName, 'The lowest TLS version')
            [CompletionResult]::new('--tls-max', '--tls-max', [CompletionResultType]::ParameterName, 'The highest TLS version')
            [CompletionResult]::new('--account', '--account', [CompletionResultType]::ParameterName, 'Let the platform''s tester make the call, for this account')
            [CompletionResult]::new('--domain', '--domain', [CompletionResultType]::ParameterName, 'The platform''s host; looked up by the Domain API unless given')
            [CompletionResult]::new('--domain-api', '--domain-api', [CompletionResultType]::ParameterName, 'Where the Domain API is')
            [CompletionResult]::new('--bearer-file', '--bearer-file', [CompletionResultType]::ParameterName, 'Read the Bearer token from a file')
            [CompletionResult]::new('--bearer-env', '--bearer-env', [CompletionResultType]::ParameterName, 'Read the Bearer token from an environment variable; P12_TEST_BEARER unless given')
            [CompletionResult]::new('--bearer', '--bearer', [CompletionResultType]::ParameterName, 'The Bearer token itself; others on this machine can see it in the list of processes')
            [CompletionResult]::new('--oauth1-file', '--oauth1-file', [CompletionResultType]::ParameterName, 'Sign with OAuth 1.0a: consumer key, its secret, token, its secret; four lines or key=value')
            [CompletionResult]::new('--oauth1-env', '--oauth1-env', [CompletionResultType]::ParameterName, 'Sign with OAuth 1.0a: the prefix of the variables'' names')
            [CompletionResult]::new('--oauth1-method', '--oauth1-method', [CompletionResultType]::ParameterName, 'How to sign with OAuth 1.0a')
            [CompletionResult]::new('--platform-cacert', '--platform-cacert', [CompletionResultType]::ParameterName, 'Trust the CAs of this PEM file for the platform; --cacert, or with --compare the system''s, unless given')
            [CompletionResult]::new('--expect', '--expect', [CompletionResultType]::ParameterName, 'Statuses that count as success, such as 200,3xx; any below 400 unless given')
            [CompletionResult]::new('--report', '--report', [CompletionResultType]::ParameterName, 'Write that document to a file as well; it holds no secret')
            [CompletionResult]::new('-o', '-o', [CompletionResultType]::ParameterName, 'Write the answer to a file, which appears only when it is complete')
            [CompletionResult]::new('--output', '--output', [CompletionResultType]::ParameterName, 'Write the answer to a file, which appears only when it is complete')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'Colour in the report')
            [CompletionResult]::new('--password-stdin', '--password-stdin', [CompletionResultType]::ParameterName, 'Read the password from standard input')
            [CompletionResult]::new('--no-password', '--no-password', [CompletionResultType]::ParameterName, 'The P12 has no password, or an empty one')
            [CompletionResult]::new('-k', '-k', [CompletionResultType]::ParameterName, 'Go on though the endpoint''s certificate is not trusted')
            [CompletionResult]::new('--insecure', '--insecure', [CompletionResultType]::ParameterName, 'Go on though the endpoint''s certificate is not trusted')
            [CompletionResult]::new('--http2', '--http2', [CompletionResultType]::ParameterName, 'Offer HTTP/2 as well')
            [CompletionResult]::new('-4', '-4', [CompletionResultType]::ParameterName, 'Use IPv4 only')
            [CompletionResult]::new('--ipv4', '--ipv4', [CompletionResultType]::ParameterName, 'Use IPv4 only')
            [CompletionResult]::new('-6', '-6', [CompletionResultType]::ParameterName, 'Use IPv6 only')
            [CompletionResult]::new('--ipv6', '--ipv6', [CompletionResultType]::ParameterName, 'Use IPv6 only')
            [CompletionResult]::new('--compare', '--compare', [CompletionResultType]::ParameterName, 'Make the call by both routes, and say whether the endpoint treats them alike')
            [CompletionResult]::new('--oauth1', '--oauth1', [CompletionResultType]::ParameterName, 'Sign with OAuth 1.0a, each value from a variable such as P12_TEST_OAUTH1_CONSUMER_KEY, or asked for')
            [CompletionResult]::new('--no-precheck', '--no-precheck', [CompletionResultType]::ParameterName, 'Submit the file as it is, without opening it here first')
            [CompletionResult]::new('--control', '--control', [CompletionResultType]::ParameterName, 'Make the call without the certificate too, first, to see whether the endpoint insists on it')
            [CompletionResult]::new('--allow-unrequested', '--allow-unrequested', [CompletionResultType]::ParameterName, 'Count it as success when the endpoint never asks for a certificate')
            [CompletionResult]::new('-i', '-i', [CompletionResultType]::ParameterName, 'Print the heads of the answer too, as they came over the wire')
            [CompletionResult]::new('--include', '--include', [CompletionResultType]::ParameterName, 'Print the heads of the answer too, as they came over the wire')
            [CompletionResult]::new('--json', '--json', [CompletionResultType]::ParameterName, 'Print one JSON document in place of the answer: verdict, evidence, answer''s status, size and SHA-256')
            [CompletionResult]::new('--include-body', '--include-body', [CompletionResultType]::ParameterName, 'Put the answer''s body into the document, too; up to 1 MiB of it')
            [CompletionResult]::new('--curl', '--curl', [CompletionResultType]::ParameterName, 'Print the curl command for the same request in place of making it; secrets stand in variables')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'No report, no progress; only what failed')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'No report, no progress; only what failed')
            [CompletionResult]::new('-v', '-v', [CompletionResultType]::ParameterName, 'The handshake in steps, the chain, the accepted issuers, the timings')
            [CompletionResult]::new('--verbose', '--verbose', [CompletionResultType]::ParameterName, 'The handshake in steps, the chain, the accepted issuers, the timings')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('-V', '-V ', [CompletionResultType]::ParameterName, 'Print version')
            [CompletionResult]::new('--version', '--version', [CompletionResultType]::ParameterName, 'Print version')
            [CompletionResult]::new('demo', 'demo', [CompletionResultType]::ParameterValue, 'Everything at once on an embedded endpoint; needs nothing')
            [CompletionResult]::new('inspect', 'inspect', [CompletionResultType]::ParameterValue, 'What is in P12 files, and what will go wrong with them')
            [CompletionResult]::new('batch', 'batch', [CompletionResultType]::ParameterValue, 'Many tests at once; NDJSON in and out')
            [CompletionResult]::new('serve', 'serve', [CompletionResultType]::ParameterValue, 'Run the platform''s P12 test resource yourself, for rehearsals or inside your own network')
            break
        }
        'p12-test;demo' {
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'Colour in the report')
            [CompletionResult]::new('--keep', '--keep', [CompletionResultType]::ParameterName, 'Leave the endpoint and the files until Ctrl-C')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'No report, no progress; only what failed')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'No report, no progress; only what failed')
            [CompletionResult]::new('-v', '-v', [CompletionResultType]::ParameterName, 'The handshake in steps, the chain, the accepted issuers, the timings')
            [CompletionResult]::new('--verbose', '--verbose', [CompletionResultType]::ParameterName, 'The handshake in steps, the chain, the accepted issuers, the timings')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            break
        }
        'p12-test;inspect' {
            [CompletionResult]::new('--password-file', '--password-file', [CompletionResultType]::ParameterName, 'Read the password from a file; one line ending at its end is dropped')
            [CompletionResult]::new('--password-env', '--password-env', [CompletionResultType]::ParameterName, 'Read the password from an environment variable')
            [CompletionResult]::new('-p', '-p', [CompletionResultType]::ParameterName, 'The password itself; others on this machine can see it in the list of processes')
            [CompletionResult]::new('--password', '--password', [CompletionResultType]::ParameterName, 'The password itself; others on this machine can see it in the list of processes')
            [CompletionResult]::new('--within', '--within', [CompletionResultType]::ParameterName, 'Warn of certificates that expire within this time, in days (30d) or weeks (6w)')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'Colour in the report')
            [CompletionResult]::new('--password-stdin', '--password-stdin', [CompletionResultType]::ParameterName, 'Read the password from standard input')
            [CompletionResult]::new('--no-password', '--no-password', [CompletionResultType]::ParameterName, 'The P12 has no password, or an empty one')
            [CompletionResult]::new('--json', '--json', [CompletionResultType]::ParameterName, 'Print one JSON document')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'No report, no progress; only what failed')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'No report, no progress; only what failed')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            break
        }
        'p12-test;batch' {
            [CompletionResult]::new('--defaults', '--defaults', [CompletionResultType]::ParameterName, 'Options for every record that does not say otherwise: one JSON object, or .toml')
            [CompletionResult]::new('-j', '-j', [CompletionResultType]::ParameterName, 'Tests at once')
            [CompletionResult]::new('--jobs', '--jobs', [CompletionResultType]::ParameterName, 'Tests at once')
            [CompletionResult]::new('--per-host', '--per-host', [CompletionResultType]::ParameterName, 'Tests at once against one host and port')
            [CompletionResult]::new('--rate', '--rate', [CompletionResultType]::ParameterName, 'Submissions to the platform a second, evenly apart; 0 for no limit. The platform takes 10 from one address within any second, and they do not come as evenly as they went')
            [CompletionResult]::new('--format', '--format', [CompletionResultType]::ParameterName, 'How the results are written')
            [CompletionResult]::new('--resume', '--resume', [CompletionResultType]::ParameterName, 'Leave out the records whose ids have a result in this NDJSON file; may be repeated')
            [CompletionResult]::new('--shard', '--shard', [CompletionResultType]::ParameterName, 'Test only share I of N (I from 0), chosen by a hash of the id')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'Colour in the report')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'No report, no progress; only what failed')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'No report, no progress; only what failed')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            break
        }
        'p12-test;serve' {
            [CompletionResult]::new('--listen', '--listen', [CompletionResultType]::ParameterName, 'The address and port to listen on')
            [CompletionResult]::new('--credentials', '--credentials', [CompletionResultType]::ParameterName, 'A TOML file that lists who may call: [[credential]] with bearer or oauth1, accounts, permissions')
            [CompletionResult]::new('--tls-p12', '--tls-p12', [CompletionResultType]::ParameterName, 'Serve over TLS with the certificate and key of this P12; required beyond loopback')
            [CompletionResult]::new('--tls-password-file', '--tls-password-file', [CompletionResultType]::ParameterName, 'Read the password of --tls-p12 from a file')
            [CompletionResult]::new('--tls-password-env', '--tls-password-env', [CompletionResultType]::ParameterName, 'Read the password of --tls-p12 from an environment variable')
            [CompletionResult]::new('--public-url', '--public-url', [CompletionResultType]::ParameterName, 'The URL that clients use, when behind a proxy: for OAuth1 signatures and the Domain API')
            [CompletionResult]::new('--allow-net', '--allow-net', [CompletionResultType]::ParameterName, 'Allow calls to endpoints in this private network; may be repeated')
            [CompletionResult]::new('--metrics-from', '--metrics-from', [CompletionResultType]::ParameterName, 'Show /metrics to this network as well as to loopback addresses; may be repeated')
            [CompletionResult]::new('--cacert', '--cacert', [CompletionResultType]::ParameterName, 'Trust only the CAs of this PEM file or hashed directory for endpoints')
            [CompletionResult]::new('--resolve', '--resolve', [CompletionResultType]::ParameterName, 'Use this address for a host and port instead of DNS; may be repeated')
            [CompletionResult]::new('--connect-timeout', '--connect-timeout', [CompletionResultType]::ParameterName, 'Seconds to reach an endpoint: DNS, TCP and TLS together')
            [CompletionResult]::new('-m', '-m', [CompletionResultType]::ParameterName, 'Seconds for a whole call to an endpoint')
            [CompletionResult]::new('--max-time', '--max-time', [CompletionResultType]::ParameterName, 'Seconds for a whole call to an endpoint')
            [CompletionResult]::new('--max-upload', '--max-upload', [CompletionResultType]::ParameterName, 'Largest upload, in bytes; K, M and G are understood')
            [CompletionResult]::new('--header-time', '--header-time', [CompletionResultType]::ParameterName, 'Seconds for the head of a request, and for the TLS handshake')
            [CompletionResult]::new('--body-time', '--body-time', [CompletionResultType]::ParameterName, 'Seconds for an upload except a large body, and for a client to read more of its answer')
            [CompletionResult]::new('--max-calls', '--max-calls', [CompletionResultType]::ParameterName, 'Most calls in progress at once; one address gets half of what is free')
            [CompletionResult]::new('--max-connections', '--max-connections', [CompletionResultType]::ParameterName, 'Most connections of clients at once')
            [CompletionResult]::new('--rate', '--rate', [CompletionResultType]::ParameterName, 'Calls per second of one credential from one address; 0 for no limit')
            [CompletionResult]::new('--max-kdf', '--max-kdf', [CompletionResultType]::ParameterName, 'Most iterations of key derivation for one P12')
            [CompletionResult]::new('--drain-time', '--drain-time', [CompletionResultType]::ParameterName, 'Seconds to finish answers in progress after SIGTERM')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'Colour in the report')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'No report, no progress; only what failed')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'No report, no progress; only what failed')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            break
        }
    })

    $completions.Where{ $_.CompletionText -like "$wordToComplete*" } |
        Sort-Object -Property ListItemText
}
