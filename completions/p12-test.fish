# Print an optspec for argparse to handle cmd's options that are independent of any subcommand.
function __fish_p12_test_global_optspecs
    string join \n alias= password-file= password-env= password-stdin no-password p/password= X/method= content-type= d/body= H/header= authorization= authorization-file= authorization-env= cacert= k/insecure resolve= x/proxy= proxy-user-file= proxy-user-env= connect-timeout= m/max-time= tls-min= tls-max= http2 4/ipv4 6/ipv6 account= compare domain= domain-api= bearer-file= bearer-env= bearer= oauth1 oauth1-file= oauth1-env= oauth1-method= platform-cacert= no-precheck expect= control allow-unrequested i/include json report= include-body curl o/output= q/quiet color= v/verbose h/help V/version
end

function __fish_p12_test_needs_command
    set -l cmd (commandline -opc)
    if contains -- "$cmd[2]" demo inspect batch serve
        echo $cmd[2]
        return 1
    end
    return 0
end

function __fish_p12_test_using_subcommand
    set -l cmd (__fish_p12_test_needs_command)
    test -z "$cmd"
    and return 1
    contains -- $cmd[1] $argv
end

complete -c p12-test -n "__fish_p12_test_needs_command" -l alias -d 'Which key of several: its friendly name, or #N' -r
complete -c p12-test -n "__fish_p12_test_needs_command" -l password-file -d 'Read the password from a file; one line ending at its end is dropped' -r -F
complete -c p12-test -n "__fish_p12_test_needs_command" -l password-env -d 'Read the password from an environment variable' -r
complete -c p12-test -n "__fish_p12_test_needs_command" -s p -l password -d 'The password itself; others on this machine can see it in the list of processes' -r
complete -c p12-test -n "__fish_p12_test_needs_command" -s X -l method -l request -d 'The method; GET without a body, POST with one' -r
complete -c p12-test -n "__fish_p12_test_needs_command" -l content-type -d 'The content type; application/json where there is a body' -r
complete -c p12-test -n "__fish_p12_test_needs_command" -s d -l body -l data -d 'The body: DATA, @FILE, or @- for standard input; sent as it is' -r
complete -c p12-test -n "__fish_p12_test_needs_command" -s H -l header -d 'A further header, \'Name: value\'; may be repeated' -r
complete -c p12-test -n "__fish_p12_test_needs_command" -l authorization -d 'The Authorization for the endpoint; others on this machine can see it in the list of processes' -r
complete -c p12-test -n "__fish_p12_test_needs_command" -l authorization-file -d 'Read the Authorization from a file' -r -F
complete -c p12-test -n "__fish_p12_test_needs_command" -l authorization-env -d 'Read the Authorization from an environment variable' -r
complete -c p12-test -n "__fish_p12_test_needs_command" -l cacert -d 'Trust the CAs of this PEM file or hashed directory, and no others' -r -F
complete -c p12-test -n "__fish_p12_test_needs_command" -l resolve -d 'Use this address for a host and port in place of DNS; may be repeated' -r
complete -c p12-test -n "__fish_p12_test_needs_command" -s x -l proxy -d 'The proxy: [http|socks5|socks5h]://HOST:PORT; empty for none' -r
complete -c p12-test -n "__fish_p12_test_needs_command" -l proxy-user-file -d 'Read user:password for --proxy from a file' -r -F
complete -c p12-test -n "__fish_p12_test_needs_command" -l proxy-user-env -d 'Read user:password for --proxy from an environment variable' -r
complete -c p12-test -n "__fish_p12_test_needs_command" -l connect-timeout -d 'Seconds for DNS, TCP, proxy and TLS together' -r
complete -c p12-test -n "__fish_p12_test_needs_command" -s m -l max-time -d 'Seconds for the whole call' -r
complete -c p12-test -n "__fish_p12_test_needs_command" -l tls-min -d 'The lowest TLS version' -r -f -a "1.0\t''
1.1\t''
1.2\t''
1.3\t''"
complete -c p12-test -n "__fish_p12_test_needs_command" -l tls-max -d 'The highest TLS version' -r -f -a "1.0\t''
1.1\t''
1.2\t''
1.3\t''"
complete -c p12-test -n "__fish_p12_test_needs_command" -l account -d 'Let the platform\'s tester make the call, for this account' -r
complete -c p12-test -n "__fish_p12_test_needs_command" -l domain -d 'The platform\'s host; looked up by the Domain API unless given' -r
complete -c p12-test -n "__fish_p12_test_needs_command" -l domain-api -d 'Where the Domain API is' -r
complete -c p12-test -n "__fish_p12_test_needs_command" -l bearer-file -d 'Read the Bearer token from a file' -r -F
complete -c p12-test -n "__fish_p12_test_needs_command" -l bearer-env -d 'Read the Bearer token from an environment variable; P12_TEST_BEARER unless given' -r
complete -c p12-test -n "__fish_p12_test_needs_command" -l bearer -d 'The Bearer token itself; others on this machine can see it in the list of processes' -r
complete -c p12-test -n "__fish_p12_test_needs_command" -l oauth1-file -d 'Sign with OAuth 1.0a: consumer key, its secret, token, its secret; four lines or key=value' -r -F
complete -c p12-test -n "__fish_p12_test_needs_command" -l oauth1-env -d 'Sign with OAuth 1.0a: the prefix of the variables\' names' -r
complete -c p12-test -n "__fish_p12_test_needs_command" -l oauth1-method -d 'How to sign with OAuth 1.0a' -r -f -a "hmac-sha1\t''
hmac-sha256\t''"
complete -c p12-test -n "__fish_p12_test_needs_command" -l platform-cacert -d 'Trust the CAs of this PEM file for the platform; --cacert, or with --compare the system\'s, unless given' -r -F
complete -c p12-test -n "__fish_p12_test_needs_command" -l expect -d 'Statuses that count as success, such as 200,3xx; any below 400 unless given' -r
complete -c p12-test -n "__fish_p12_test_needs_command" -l report -d 'Write that document to a file as well; it holds no secret' -r -F
complete -c p12-test -n "__fish_p12_test_needs_command" -s o -l output -d 'Write the answer to a file, which appears only when it is complete' -r -F
complete -c p12-test -n "__fish_p12_test_needs_command" -l color -d 'Colour in the report' -r -f -a "auto\t'On a terminal, and as NO_COLOR and CLICOLOR_FORCE say'
always\t'Always'
never\t'Never'"
complete -c p12-test -n "__fish_p12_test_needs_command" -l password-stdin -d 'Read the password from standard input'
complete -c p12-test -n "__fish_p12_test_needs_command" -l no-password -d 'The P12 has no password, or an empty one'
complete -c p12-test -n "__fish_p12_test_needs_command" -s k -l insecure -d 'Go on though the endpoint\'s certificate is not trusted'
complete -c p12-test -n "__fish_p12_test_needs_command" -l http2 -d 'Offer HTTP/2 as well'
complete -c p12-test -n "__fish_p12_test_needs_command" -s 4 -l ipv4 -d 'Use IPv4 only'
complete -c p12-test -n "__fish_p12_test_needs_command" -s 6 -l ipv6 -d 'Use IPv6 only'
complete -c p12-test -n "__fish_p12_test_needs_command" -l compare -d 'Make the call by both routes, and say whether the endpoint treats them alike'
complete -c p12-test -n "__fish_p12_test_needs_command" -l oauth1 -d 'Sign with OAuth 1.0a, each value from a variable such as P12_TEST_OAUTH1_CONSUMER_KEY, or asked for'
complete -c p12-test -n "__fish_p12_test_needs_command" -l no-precheck -d 'Submit the file as it is, without opening it here first'
complete -c p12-test -n "__fish_p12_test_needs_command" -l control -d 'Make the call without the certificate too, first, to see whether the endpoint insists on it'
complete -c p12-test -n "__fish_p12_test_needs_command" -l allow-unrequested -d 'Count it as success when the endpoint never asks for a certificate'
complete -c p12-test -n "__fish_p12_test_needs_command" -s i -l include -d 'Print the heads of the answer too, as they came over the wire'
complete -c p12-test -n "__fish_p12_test_needs_command" -l json -d 'Print one JSON document in place of the answer: verdict, evidence, answer\'s status, size and SHA-256'
complete -c p12-test -n "__fish_p12_test_needs_command" -l include-body -d 'Put the answer\'s body into the document, too; up to 1 MiB of it'
complete -c p12-test -n "__fish_p12_test_needs_command" -l curl -d 'Print the curl command for the same request in place of making it; secrets stand in variables'
complete -c p12-test -n "__fish_p12_test_needs_command" -s q -l quiet -d 'No report, no progress; only what failed'
complete -c p12-test -n "__fish_p12_test_needs_command" -s v -l verbose -d 'The handshake in steps, the chain, the accepted issuers, the timings'
complete -c p12-test -n "__fish_p12_test_needs_command" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c p12-test -n "__fish_p12_test_needs_command" -s V -l version -d 'Print version'
complete -c p12-test -n "__fish_p12_test_needs_command" -a "demo" -d 'Everything at once on an embedded endpoint; needs nothing'
complete -c p12-test -n "__fish_p12_test_needs_command" -a "inspect" -d 'What is in P12 files, and what will go wrong with them'
complete -c p12-test -n "__fish_p12_test_needs_command" -a "batch" -d 'Many tests at once; NDJSON in and out'
complete -c p12-test -n "__fish_p12_test_needs_command" -a "serve" -d 'Run the platform\'s P12 test resource yourself, for rehearsals or inside your own network'
complete -c p12-test -n "__fish_p12_test_using_subcommand demo" -l color -d 'Colour in the report' -r -f -a "auto\t'On a terminal, and as NO_COLOR and CLICOLOR_FORCE say'
always\t'Always'
never\t'Never'"
complete -c p12-test -n "__fish_p12_test_using_subcommand demo" -l keep -d 'Leave the endpoint and the files until Ctrl-C'
complete -c p12-test -n "__fish_p12_test_using_subcommand demo" -s q -l quiet -d 'No report, no progress; only what failed'
complete -c p12-test -n "__fish_p12_test_using_subcommand demo" -s v -l verbose -d 'The handshake in steps, the chain, the accepted issuers, the timings'
complete -c p12-test -n "__fish_p12_test_using_subcommand demo" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c p12-test -n "__fish_p12_test_using_subcommand inspect" -l password-file -d 'Read the password from a file; one line ending at its end is dropped' -r -F
complete -c p12-test -n "__fish_p12_test_using_subcommand inspect" -l password-env -d 'Read the password from an environment variable' -r
complete -c p12-test -n "__fish_p12_test_using_subcommand inspect" -s p -l password -d 'The password itself; others on this machine can see it in the list of processes' -r
complete -c p12-test -n "__fish_p12_test_using_subcommand inspect" -l within -d 'Warn of certificates that expire within this time, in days (30d) or weeks (6w)' -r
complete -c p12-test -n "__fish_p12_test_using_subcommand inspect" -l color -d 'Colour in the report' -r -f -a "auto\t'On a terminal, and as NO_COLOR and CLICOLOR_FORCE say'
always\t'Always'
never\t'Never'"
complete -c p12-test -n "__fish_p12_test_using_subcommand inspect" -l password-stdin -d 'Read the password from standard input'
complete -c p12-test -n "__fish_p12_test_using_subcommand inspect" -l no-password -d 'The P12 has no password, or an empty one'
complete -c p12-test -n "__fish_p12_test_using_subcommand inspect" -l json -d 'Print one JSON document'
complete -c p12-test -n "__fish_p12_test_using_subcommand inspect" -s q -l quiet -d 'No report, no progress; only what failed'
complete -c p12-test -n "__fish_p12_test_using_subcommand inspect" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c p12-test -n "__fish_p12_test_using_subcommand batch" -l defaults -d 'Options for every record that does not say otherwise: one JSON object, or .toml' -r -F
complete -c p12-test -n "__fish_p12_test_using_subcommand batch" -s j -l jobs -d 'Tests at once' -r
complete -c p12-test -n "__fish_p12_test_using_subcommand batch" -l per-host -d 'Tests at once against one host and port' -r
complete -c p12-test -n "__fish_p12_test_using_subcommand batch" -l rate -d 'Submissions to the platform a second, evenly apart; 0 for no limit. The platform takes 10 from one address within any second, and they do not come as evenly as they went' -r
complete -c p12-test -n "__fish_p12_test_using_subcommand batch" -l format -d 'How the results are written' -r -f -a "ndjson\t'One report a line, as each test ends'
table\t'A line a test for people'
junit\t'JUnit\'s XML, at the end'
tap\t'The Test Anything Protocol, version 13'"
complete -c p12-test -n "__fish_p12_test_using_subcommand batch" -l resume -d 'Leave out the records whose ids have a result in this NDJSON file; may be repeated' -r -F
complete -c p12-test -n "__fish_p12_test_using_subcommand batch" -l shard -d 'Test only share I of N (I from 0), chosen by a hash of the id' -r
complete -c p12-test -n "__fish_p12_test_using_subcommand batch" -l color -d 'Colour in the report' -r -f -a "auto\t'On a terminal, and as NO_COLOR and CLICOLOR_FORCE say'
always\t'Always'
never\t'Never'"
complete -c p12-test -n "__fish_p12_test_using_subcommand batch" -s q -l quiet -d 'No report, no progress; only what failed'
complete -c p12-test -n "__fish_p12_test_using_subcommand batch" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c p12-test -n "__fish_p12_test_using_subcommand serve" -l listen -d 'The address and port to listen on' -r
complete -c p12-test -n "__fish_p12_test_using_subcommand serve" -l credentials -d 'A TOML file that lists who may call: [[credential]] with bearer or oauth1, accounts, permissions' -r -F
complete -c p12-test -n "__fish_p12_test_using_subcommand serve" -l tls-p12 -d 'Serve over TLS with the certificate and key of this P12; required beyond loopback' -r -F
complete -c p12-test -n "__fish_p12_test_using_subcommand serve" -l tls-password-file -d 'Read the password of --tls-p12 from a file' -r -F
complete -c p12-test -n "__fish_p12_test_using_subcommand serve" -l tls-password-env -d 'Read the password of --tls-p12 from an environment variable' -r
complete -c p12-test -n "__fish_p12_test_using_subcommand serve" -l public-url -d 'The URL that clients use, when behind a proxy: for OAuth1 signatures and the Domain API' -r
complete -c p12-test -n "__fish_p12_test_using_subcommand serve" -l allow-net -d 'Allow calls to endpoints in this private network; may be repeated' -r
complete -c p12-test -n "__fish_p12_test_using_subcommand serve" -l metrics-from -d 'Show /metrics to this network as well as to loopback addresses; may be repeated' -r
complete -c p12-test -n "__fish_p12_test_using_subcommand serve" -l cacert -d 'Trust only the CAs of this PEM file or hashed directory for endpoints' -r -F
complete -c p12-test -n "__fish_p12_test_using_subcommand serve" -l resolve -d 'Use this address for a host and port instead of DNS; may be repeated' -r
complete -c p12-test -n "__fish_p12_test_using_subcommand serve" -l connect-timeout -d 'Seconds to reach an endpoint: DNS, TCP and TLS together' -r
complete -c p12-test -n "__fish_p12_test_using_subcommand serve" -s m -l max-time -d 'Seconds for a whole call to an endpoint' -r
complete -c p12-test -n "__fish_p12_test_using_subcommand serve" -l max-upload -d 'Largest upload, in bytes; K, M and G are understood' -r
complete -c p12-test -n "__fish_p12_test_using_subcommand serve" -l header-time -d 'Seconds for the head of a request, and for the TLS handshake' -r
complete -c p12-test -n "__fish_p12_test_using_subcommand serve" -l body-time -d 'Seconds for an upload except a large body, and for a client to read more of its answer' -r
complete -c p12-test -n "__fish_p12_test_using_subcommand serve" -l max-calls -d 'Most calls in progress at once; one address gets half of what is free' -r
complete -c p12-test -n "__fish_p12_test_using_subcommand serve" -l max-connections -d 'Most connections of clients at once' -r
complete -c p12-test -n "__fish_p12_test_using_subcommand serve" -l rate -d 'Calls per second of one credential from one address; 0 for no limit' -r
complete -c p12-test -n "__fish_p12_test_using_subcommand serve" -l max-kdf -d 'Most iterations of key derivation for one P12' -r
complete -c p12-test -n "__fish_p12_test_using_subcommand serve" -l drain-time -d 'Seconds to finish answers in progress after SIGTERM' -r
complete -c p12-test -n "__fish_p12_test_using_subcommand serve" -l color -d 'Colour in the report' -r -f -a "auto\t'On a terminal, and as NO_COLOR and CLICOLOR_FORCE say'
always\t'Always'
never\t'Never'"
complete -c p12-test -n "__fish_p12_test_using_subcommand serve" -s q -l quiet -d 'No report, no progress; only what failed'
complete -c p12-test -n "__fish_p12_test_using_subcommand serve" -s h -l help -d 'Print help (see more with \'--help\')'
