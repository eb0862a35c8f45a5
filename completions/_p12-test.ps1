
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
            [CompletionResult]::new('--alias', '--alias', [CompletionResultType]::ParameterName, 'Which key to use if the file holds several: its friendly name, or #N')
            [CompletionResult]::new('--password-file', '--password-file', [CompletionResultType]::ParameterName, 'Read the password from a file (a newline, blanks, quotes or a byte order mark around it are ignored where it opens without)')
            [CompletionResult]::new('--password-env', '--password-env', [CompletionResultType]::ParameterName, 'Read the password from an environment variable')
            [CompletionResult]::new('-p', '-p', [CompletionResultType]::ParameterName, 'The password itself; other users of this machine can see it in the list of processes')
            [CompletionResult]::new('--password', '--password', [CompletionResultType]::ParameterName, 'The password itself; other users of this machine can see it in the list of processes')
            [CompletionResult]::new('-X', '-X ', [CompletionResultType]::ParameterName, 'HTTP method (default: GET without a body, POST with one)')
            [CompletionResult]::new('--method', '--method', [CompletionResultType]::ParameterName, 'HTTP method (default: GET without a body, POST with one)')
            [CompletionResult]::new('--request', '--request', [CompletionResultType]::ParameterName, 'HTTP method (default: GET without a body, POST with one)')
            [CompletionResult]::new('--content-type', '--content-type', [CompletionResultType]::ParameterName, 'Content type (default: application/json if there is a body)')
            [CompletionResult]::new('-d', '-d', [CompletionResultType]::ParameterName, 'Request body: DATA, @FILE, or @- for standard input; sent unchanged')
            [CompletionResult]::new('--body', '--body', [CompletionResultType]::ParameterName, 'Request body: DATA, @FILE, or @- for standard input; sent unchanged')
            [CompletionResult]::new('--data', '--data', [CompletionResultType]::ParameterName, 'Request body: DATA, @FILE, or @- for standard input; sent unchanged')
            [CompletionResult]::new('-H', '-H ', [CompletionResultType]::ParameterName, 'Extra header, ''Name: value''; may be repeated')
            [CompletionResult]::new('--header', '--header', [CompletionResultType]::ParameterName, 'Extra header, ''Name: value''; may be repeated')
            [CompletionResult]::new('--authorization', '--authorization', [CompletionResultType]::ParameterName, 'Value of the Authorization header for the endpoint; other users of this machine can see it in the list of processes')
            [CompletionResult]::new('--authorization-file', '--authorization-file', [CompletionResultType]::ParameterName, 'Read the value of the Authorization header from a file')
            [CompletionResult]::new('--authorization-env', '--authorization-env', [CompletionResultType]::ParameterName, 'Read the value of the Authorization header from an environment variable')
            [CompletionResult]::new('--cacert', '--cacert', [CompletionResultType]::ParameterName, 'Trust only the CAs in this PEM file or hashed directory')
            [CompletionResult]::new('--resolve', '--resolve', [CompletionResultType]::ParameterName, 'Use this address for a host and port instead of DNS; may be repeated')
            [CompletionResult]::new('-x', '-x', [CompletionResultType]::ParameterName, 'Proxy to use: [http|socks5|socks5h]://HOST:PORT; an empty value means none')
            [CompletionResult]::new('--proxy', '--proxy', [CompletionResultType]::ParameterName, 'Proxy to use: [http|socks5|socks5h]://HOST:PORT; an empty value means none')
            [CompletionResult]::new('--proxy-user-file', '--proxy-user-file', [CompletionResultType]::ParameterName, 'Read USER:PASSWORD for --proxy from a file')
            [CompletionResult]::new('--proxy-user-env', '--proxy-user-env', [CompletionResultType]::ParameterName, 'Read USER:PASSWORD for --proxy from an environment variable')
            [CompletionResult]::new('--connect-timeout', '--connect-timeout', [CompletionResultType]::ParameterName, 'Time limit for DNS, TCP, proxy and TLS together, in seconds')
            [CompletionResult]::new('-m', '-m', [CompletionResultType]::ParameterName, 'Time limit for the whole call, in seconds')
            [CompletionResult]::new('--max-time', '--max-time', [CompletionResultType]::ParameterName, 'Time limit for the whole call, in seconds')
            [CompletionResult]::new('--tls-min', '--tls-min', [CompletionResultType]::ParameterName, 'Lowest TLS version to offer')
            [CompletionResult]::new('--tls-max', '--tls-max', [CompletionResultType]::ParameterName, 'Highest TLS version to offer')
            [CompletionResult]::new('--account', '--account', [CompletionResultType]::ParameterName, 'Let the platform make the call, for this account')
            [CompletionResult]::new('--domain', '--domain', [CompletionResultType]::ParameterName, 'The platform''s host (default: the Domain API is asked for it)')
            [CompletionResult]::new('--domain-api', '--domain-api', [CompletionResultType]::ParameterName, 'URL of the Domain API')
            [CompletionResult]::new('--bearer-file', '--bearer-file', [CompletionResultType]::ParameterName, 'Read the platform''s Bearer token from a file')
            [CompletionResult]::new('--bearer-env', '--bearer-env', [CompletionResultType]::ParameterName, 'Read the platform''s Bearer token from an environment variable (default: P12_TEST_BEARER)')
            [CompletionResult]::new('--bearer', '--bearer', [CompletionResultType]::ParameterName, 'The Bearer token itself; other users of this machine can see it in the list of processes')
            [CompletionResult]::new('--oauth1-file', '--oauth1-file', [CompletionResultType]::ParameterName, 'Sign with OAuth 1.0a; read consumer key, consumer secret, token and token secret from a file: four lines, or key=value lines')
            [CompletionResult]::new('--oauth1-env', '--oauth1-env', [CompletionResultType]::ParameterName, 'Sign with OAuth 1.0a; read the four values from environment variables whose names start with this prefix')
            [CompletionResult]::new('--oauth1-method', '--oauth1-method', [CompletionResultType]::ParameterName, 'Signature method of OAuth 1.0a')
            [CompletionResult]::new('--platform-cacert', '--platform-cacert', [CompletionResultType]::ParameterName, 'Trust only the CAs in this PEM file for the platform (default: as --cacert; with --compare, the system''s)')
            [CompletionResult]::new('--expect', '--expect', [CompletionResultType]::ParameterName, 'Statuses that count as success, such as 200,3xx (default: any below 400)')
            [CompletionResult]::new('--repeat', '--repeat', [CompletionResultType]::ParameterName, 'Make the call N times, and report how often each outcome came and how long it took; prints the first answer')
            [CompletionResult]::new('--report', '--report', [CompletionResultType]::ParameterName, 'Also write the JSON report to a file; it contains no secrets')
            [CompletionResult]::new('-o', '-o', [CompletionResultType]::ParameterName, 'Write the answer to a file, which appears only when it is complete')
            [CompletionResult]::new('--output', '--output', [CompletionResultType]::ParameterName, 'Write the answer to a file, which appears only when it is complete')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'When to use colour in the report')
            [CompletionResult]::new('--leaf-only', '--leaf-only', [CompletionResultType]::ParameterName, 'Send the certificate without its chain, as some .NET clients do')
            [CompletionResult]::new('--password-stdin', '--password-stdin', [CompletionResultType]::ParameterName, 'Read the password from standard input')
            [CompletionResult]::new('--no-password', '--no-password', [CompletionResultType]::ParameterName, 'The P12 has no password, or an empty one')
            [CompletionResult]::new('-k', '-k', [CompletionResultType]::ParameterName, 'Continue even if the endpoint''s certificate is not trusted')
            [CompletionResult]::new('--insecure', '--insecure', [CompletionResultType]::ParameterName, 'Continue even if the endpoint''s certificate is not trusted')
            [CompletionResult]::new('--http2', '--http2', [CompletionResultType]::ParameterName, 'Offer HTTP/2 as well as HTTP/1.1')
            [CompletionResult]::new('-4', '-4', [CompletionResultType]::ParameterName, 'Use IPv4 only')
            [CompletionResult]::new('--ipv4', '--ipv4', [CompletionResultType]::ParameterName, 'Use IPv4 only')
            [CompletionResult]::new('-6', '-6', [CompletionResultType]::ParameterName, 'Use IPv6 only')
            [CompletionResult]::new('--ipv6', '--ipv6', [CompletionResultType]::ParameterName, 'Use IPv6 only')
            [CompletionResult]::new('--compare', '--compare', [CompletionResultType]::ParameterName, 'Make the call from here and through the platform, and report whether the endpoint treats both alike')
            [CompletionResult]::new('--oauth1', '--oauth1', [CompletionResultType]::ParameterName, 'Sign with OAuth 1.0a; the four values come from P12_TEST_OAUTH1_CONSUMER_KEY and the like, or are asked for')
            [CompletionResult]::new('--no-precheck', '--no-precheck', [CompletionResultType]::ParameterName, 'Send the P12 to the platform without opening it here first')
            [CompletionResult]::new('--control', '--control', [CompletionResultType]::ParameterName, 'First make the call without the certificate, to see whether the endpoint insists on it')
            [CompletionResult]::new('--allow-unrequested', '--allow-unrequested', [CompletionResultType]::ParameterName, 'Count it as success if the endpoint never asks for a certificate')
            [CompletionResult]::new('--each-address', '--each-address', [CompletionResultType]::ParameterName, 'Make the call at every address of the host, IPv4 and IPv6, and report which of them differ; prints the first answer')
            [CompletionResult]::new('-i', '-i', [CompletionResultType]::ParameterName, 'Print the response headers too, exactly as received')
            [CompletionResult]::new('--include', '--include', [CompletionResultType]::ParameterName, 'Print the response headers too, exactly as received')
            [CompletionResult]::new('--json', '--json', [CompletionResultType]::ParameterName, 'Print one JSON report instead of the answer: the verdict, what was observed, the answer''s status, size and SHA-256')
            [CompletionResult]::new('--include-body', '--include-body', [CompletionResultType]::ParameterName, 'Include the answer''s body in the JSON report, up to 1 MiB of it')
            [CompletionResult]::new('--curl', '--curl', [CompletionResultType]::ParameterName, 'Print a curl command for the same request instead of making it; variables stand in for secrets')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Print nothing but errors on standard error')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Print nothing but errors on standard error')
            [CompletionResult]::new('-v', '-v', [CompletionResultType]::ParameterName, 'Also show the steps of the handshake, the chain, the CAs that the endpoint accepts, and the timings')
            [CompletionResult]::new('--verbose', '--verbose', [CompletionResultType]::ParameterName, 'Also show the steps of the handshake, the chain, the CAs that the endpoint accepts, and the timings')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('-V', '-V ', [CompletionResultType]::ParameterName, 'Print version')
            [CompletionResult]::new('--version', '--version', [CompletionResultType]::ParameterName, 'Print version')
            [CompletionResult]::new('demo', 'demo', [CompletionResultType]::ParameterValue, 'See everything work on a built-in endpoint; needs nothing else')
            [CompletionResult]::new('inspect', 'inspect', [CompletionResultType]::ParameterValue, 'Show what is in P12 files, and what will go wrong with them')
            [CompletionResult]::new('probe', 'probe', [CompletionResultType]::ParameterValue, 'Show what an endpoint asks for, before there is a P12')
            [CompletionResult]::new('batch', 'batch', [CompletionResultType]::ParameterValue, 'Run many tests; NDJSON in, NDJSON out')
            [CompletionResult]::new('serve', 'serve', [CompletionResultType]::ParameterValue, 'Run the platform''s P12 test resource yourself, for rehearsals or inside your own network')
            break
        }
        'p12-test;demo' {
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'When to use colour in the report')
            [CompletionResult]::new('--keep', '--keep', [CompletionResultType]::ParameterName, 'Keep the endpoint running and the files in place until Ctrl-C')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Print nothing but errors on standard error')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Print nothing but errors on standard error')
            [CompletionResult]::new('-v', '-v', [CompletionResultType]::ParameterName, 'Also show the steps of the handshake, the chain, the CAs that the endpoint accepts, and the timings')
            [CompletionResult]::new('--verbose', '--verbose', [CompletionResultType]::ParameterName, 'Also show the steps of the handshake, the chain, the CAs that the endpoint accepts, and the timings')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            break
        }
        'p12-test;inspect' {
            [CompletionResult]::new('--password-file', '--password-file', [CompletionResultType]::ParameterName, 'Read the password from a file (a newline, blanks, quotes or a byte order mark around it are ignored where it opens without)')
            [CompletionResult]::new('--password-env', '--password-env', [CompletionResultType]::ParameterName, 'Read the password from an environment variable')
            [CompletionResult]::new('-p', '-p', [CompletionResultType]::ParameterName, 'The password itself; other users of this machine can see it in the list of processes')
            [CompletionResult]::new('--password', '--password', [CompletionResultType]::ParameterName, 'The password itself; other users of this machine can see it in the list of processes')
            [CompletionResult]::new('--within', '--within', [CompletionResultType]::ParameterName, 'Warn about certificates that expire within this time, in days (30d) or weeks (6w)')
            [CompletionResult]::new('--trust', '--trust', [CompletionResultType]::ParameterName, 'Say whether a server that trusts the CA certificates in this file (PEM) would accept the P12; exit status 1 if not')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'When to use colour in the report')
            [CompletionResult]::new('--password-stdin', '--password-stdin', [CompletionResultType]::ParameterName, 'Read the password from standard input')
            [CompletionResult]::new('--no-password', '--no-password', [CompletionResultType]::ParameterName, 'The P12 has no password, or an empty one')
            [CompletionResult]::new('--json', '--json', [CompletionResultType]::ParameterName, 'Print one JSON document')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Print nothing but errors on standard error')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Print nothing but errors on standard error')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            break
        }
        'p12-test;probe' {
            [CompletionResult]::new('--among', '--among', [CompletionResultType]::ParameterName, 'P12 files to compare with what the endpoint accepts; give them after the URL')
            [CompletionResult]::new('--password-file', '--password-file', [CompletionResultType]::ParameterName, 'Read the password from a file (a newline, blanks, quotes or a byte order mark around it are ignored where it opens without)')
            [CompletionResult]::new('--password-env', '--password-env', [CompletionResultType]::ParameterName, 'Read the password from an environment variable')
            [CompletionResult]::new('-p', '-p', [CompletionResultType]::ParameterName, 'The password itself; other users of this machine can see it in the list of processes')
            [CompletionResult]::new('--password', '--password', [CompletionResultType]::ParameterName, 'The password itself; other users of this machine can see it in the list of processes')
            [CompletionResult]::new('--cacert', '--cacert', [CompletionResultType]::ParameterName, 'Trust only the CAs in this PEM file or hashed directory')
            [CompletionResult]::new('--resolve', '--resolve', [CompletionResultType]::ParameterName, 'Use this address for a host and port instead of DNS; may be repeated')
            [CompletionResult]::new('-x', '-x', [CompletionResultType]::ParameterName, 'Proxy to use: [http|socks5|socks5h]://HOST:PORT; an empty value means none')
            [CompletionResult]::new('--proxy', '--proxy', [CompletionResultType]::ParameterName, 'Proxy to use: [http|socks5|socks5h]://HOST:PORT; an empty value means none')
            [CompletionResult]::new('--proxy-user-file', '--proxy-user-file', [CompletionResultType]::ParameterName, 'Read USER:PASSWORD for --proxy from a file')
            [CompletionResult]::new('--proxy-user-env', '--proxy-user-env', [CompletionResultType]::ParameterName, 'Read USER:PASSWORD for --proxy from an environment variable')
            [CompletionResult]::new('--connect-timeout', '--connect-timeout', [CompletionResultType]::ParameterName, 'Time limit for DNS, TCP, proxy and TLS together, in seconds')
            [CompletionResult]::new('-m', '-m', [CompletionResultType]::ParameterName, 'Time limit for the whole call, in seconds')
            [CompletionResult]::new('--max-time', '--max-time', [CompletionResultType]::ParameterName, 'Time limit for the whole call, in seconds')
            [CompletionResult]::new('--tls-min', '--tls-min', [CompletionResultType]::ParameterName, 'Lowest TLS version to offer')
            [CompletionResult]::new('--tls-max', '--tls-max', [CompletionResultType]::ParameterName, 'Highest TLS version to offer')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'When to use colour in the report')
            [CompletionResult]::new('--password-stdin', '--password-stdin', [CompletionResultType]::ParameterName, 'Read the password from standard input')
            [CompletionResult]::new('--no-password', '--no-password', [CompletionResultType]::ParameterName, 'The P12 has no password, or an empty one')
            [CompletionResult]::new('-k', '-k', [CompletionResultType]::ParameterName, 'Continue even if the endpoint''s certificate is not trusted')
            [CompletionResult]::new('--insecure', '--insecure', [CompletionResultType]::ParameterName, 'Continue even if the endpoint''s certificate is not trusted')
            [CompletionResult]::new('--http2', '--http2', [CompletionResultType]::ParameterName, 'Offer HTTP/2 as well as HTTP/1.1')
            [CompletionResult]::new('-4', '-4', [CompletionResultType]::ParameterName, 'Use IPv4 only')
            [CompletionResult]::new('--ipv4', '--ipv4', [CompletionResultType]::ParameterName, 'Use IPv4 only')
            [CompletionResult]::new('-6', '-6', [CompletionResultType]::ParameterName, 'Use IPv6 only')
            [CompletionResult]::new('--ipv6', '--ipv6', [CompletionResultType]::ParameterName, 'Use IPv6 only')
            [CompletionResult]::new('--json', '--json', [CompletionResultType]::ParameterName, 'Print one JSON document')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Print nothing but errors on standard error')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Print nothing but errors on standard error')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            break
        }
        'p12-test;batch' {
            [CompletionResult]::new('--defaults', '--defaults', [CompletionResultType]::ParameterName, 'Read options that apply to every record from a file: one JSON object, or .toml; a record can override them')
            [CompletionResult]::new('-j', '-j', [CompletionResultType]::ParameterName, 'Number of tests that run at the same time')
            [CompletionResult]::new('--jobs', '--jobs', [CompletionResultType]::ParameterName, 'Number of tests that run at the same time')
            [CompletionResult]::new('--per-host', '--per-host', [CompletionResultType]::ParameterName, 'Number of tests that run at the same time against one host and port')
            [CompletionResult]::new('--rate', '--rate', [CompletionResultType]::ParameterName, 'Submissions to the platform per second, evenly spaced; 0 means no limit. The platform accepts 10 per second from one address; 9 leaves room for delays on the way')
            [CompletionResult]::new('--format', '--format', [CompletionResultType]::ParameterName, 'Format of the results')
            [CompletionResult]::new('--resume', '--resume', [CompletionResultType]::ParameterName, 'Skip records that have a result in this NDJSON file; may be repeated')
            [CompletionResult]::new('--shard', '--shard', [CompletionResultType]::ParameterName, 'Test only shard I of N (I counts from 0); a hash of its id decides which shard a record is in')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'When to use colour in the report')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Print nothing but errors on standard error')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Print nothing but errors on standard error')
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
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'When to use colour in the report')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Print nothing but errors on standard error')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Print nothing but errors on standard error')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            break
        }
    })

    $completions.Where{ $_.CompletionText -like "$wordToComplete*" } |
        Sort-Object -Property ListItemText
}
