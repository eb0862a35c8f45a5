# Print an optspec for argparse to handle cmd's options that are independent of any subcommand.
function __fish_p12_test_global_optspecs
    string join \n alias= leaf-only password-file= password-env= password-stdin no-password p/password= key= key-password-file= key-password-env= X/method= content-type= d/body= H/header= authorization= authorization-file= authorization-env= cacert= k/insecure resolve= x/proxy= proxy-user-file= proxy-user-env= connect-timeout= m/max-time= tls-min= tls-max= http2 4/ipv4 6/ipv6 account= compare domain= domain-api= bearer-file= bearer-env= bearer= oauth1 oauth1-file= oauth1-env= oauth1-method= platform-cacert= no-precheck expect= control allow-unrequested each-address repeat= i/include json report= report-format= include-body curl o/output= q/quiet color= v/verbose h/help V/version
end

function __fish_p12_test_needs_command
    set -l cmd (commandline -opc)
    if contains -- "$cmd[2]" demo inspect repack probe batch serve
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

complete -c p12-test -n "__fish_p12_test_needs_command" -l alias -d 'Which key to use if the file holds several: its friendly name, or its number' -r
complete -c p12-test -n "__fish_p12_test_needs_command" -l password-file -d 'Read the password from a file (a newline, blanks, quotes or a byte order mark around it are ignored where it opens without)' -r -F
complete -c p12-test -n "__fish_p12_test_needs_command" -l password-env -d 'Read the password from an environment variable' -r
complete -c p12-test -n "__fish_p12_test_needs_command" -s p -l password -d 'The password itself; other users of this machine can see it in the list of processes' -r
complete -c p12-test -n "__fish_p12_test_needs_command" -l key -d 'Take the private key from this file (PEM or DER), where the other file has only its certificates' -r -F
complete -c p12-test -n "__fish_p12_test_needs_command" -l key-password-file -d 'Read the key\'s password from a file, where it is not that of the P12' -r -F
complete -c p12-test -n "__fish_p12_test_needs_command" -l key-password-env -d 'Read the key\'s password from an environment variable' -r
complete -c p12-test -n "__fish_p12_test_needs_command" -s X -l method -l request -d 'HTTP method (default: GET without a body, POST with one)' -r
complete -c p12-test -n "__fish_p12_test_needs_command" -l content-type -d 'Content type (default: application/json if there is a body)' -r
complete -c p12-test -n "__fish_p12_test_needs_command" -s d -l body -l data -d 'Request body: DATA, @FILE, or @- for standard input; sent unchanged' -r
complete -c p12-test -n "__fish_p12_test_needs_command" -s H -l header -d 'Extra header, \'Name: value\'; may be repeated' -r
complete -c p12-test -n "__fish_p12_test_needs_command" -l authorization -d 'Value of the Authorization header for the endpoint; other users of this machine can see it in the list of processes' -r
complete -c p12-test -n "__fish_p12_test_needs_command" -l authorization-file -d 'Read the value of the Authorization header from a file' -r -F
complete -c p12-test -n "__fish_p12_test_needs_command" -l authorization-env -d 'Read the value of the Authorization header from an environment variable' -r
complete -c p12-test -n "__fish_p12_test_needs_command" -l cacert -d 'Trust only the CAs in this PEM file or hashed directory' -r -F
complete -c p12-test -n "__fish_p12_test_needs_command" -l resolve -d 'Use this address for a host and port instead of DNS; may be repeated' -r
complete -c p12-test -n "__fish_p12_test_needs_command" -s x -l proxy -d 'Proxy to use: [http|socks5|socks5h]://HOST:PORT; an empty value means none' -r
complete -c p12-test -n "__fish_p12_test_needs_command" -l proxy-user-file -d 'Read USER:PASSWORD for --proxy from a file' -r -F
complete -c p12-test -n "__fish_p12_test_needs_command" -l proxy-user-env -d 'Read USER:PASSWORD for --proxy from an environment variable' -r
complete -c p12-test -n "__fish_p12_test_needs_command" -l connect-timeout -d 'Time limit for DNS, TCP, proxy and TLS together, in seconds' -r
complete -c p12-test -n "__fish_p12_test_needs_command" -s m -l max-time -d 'Time limit for the whole call, in seconds' -r
complete -c p12-test -n "__fish_p12_test_needs_command" -l tls-min -d 'Lowest TLS version to offer' -r -f -a "1.0\t''
1.1\t''
1.2\t''
1.3\t''"
complete -c p12-test -n "__fish_p12_test_needs_command" -l tls-max -d 'Highest TLS version to offer' -r -f -a "1.0\t''
1.1\t''
1.2\t''
1.3\t''"
complete -c p12-test -n "__fish_p12_test_needs_command" -l account -d 'Let the platform make the call, for this account' -r
complete -c p12-test -n "__fish_p12_test_needs_command" -l domain -d 'The platform\'s host (default: the Domain API is asked for it)' -r
complete -c p12-test -n "__fish_p12_test_needs_command" -l domain-api -d 'URL of the Domain API' -r
complete -c p12-test -n "__fish_p12_test_needs_command" -l bearer-file -d 'Read the platform\'s Bearer token from a file' -r -F
complete -c p12-test -n "__fish_p12_test_needs_command" -l bearer-env -d 'Read the platform\'s Bearer token from an environment variable (default: P12_TEST_BEARER)' -r
complete -c p12-test -n "__fish_p12_test_needs_command" -l bearer -d 'The Bearer token itself; other users of this machine can see it in the list of processes' -r
complete -c p12-test -n "__fish_p12_test_needs_command" -l oauth1-file -d 'Sign with OAuth 1.0a; read consumer key, consumer secret, token and token secret from a file: four lines, or key=value lines' -r -F
complete -c p12-test -n "__fish_p12_test_needs_command" -l oauth1-env -d 'Sign with OAuth 1.0a; read the four values from environment variables whose names start with this prefix' -r
complete -c p12-test -n "__fish_p12_test_needs_command" -l oauth1-method -d 'Signature method of OAuth 1.0a' -r -f -a "hmac-sha1\t''
hmac-sha256\t''"
complete -c p12-test -n "__fish_p12_test_needs_command" -l platform-cacert -d 'Trust only the CAs in this PEM file for the platform (default: as --cacert; with --compare, the system\'s)' -r -F
complete -c p12-test -n "__fish_p12_test_needs_command" -l expect -d 'Statuses that count as success, such as 200,3xx (default: any below 400); not if the answer says that the certificate is refused or missing' -r
complete -c p12-test -n "__fish_p12_test_needs_command" -l repeat -d 'Make the call N times, and report how often each outcome came and how long it took; prints the first answer' -r
complete -c p12-test -n "__fish_p12_test_needs_command" -l report -d 'Also write the report to a file; it contains no secrets. A name that ends with .html gets a page for people, any other the JSON report' -r -F
complete -c p12-test -n "__fish_p12_test_needs_command" -l report-format -d 'Format of the file that --report writes, whatever its name' -r -f -a "json\t'The JSON report'
html\t'A page for people, in one file'"
complete -c p12-test -n "__fish_p12_test_needs_command" -s o -l output -d 'Write the answer to a file, which appears only when it is complete' -r -F
complete -c p12-test -n "__fish_p12_test_needs_command" -l color -d 'When to use colour in the report' -r -f -a "auto\t'On a terminal, unless NO_COLOR or CLICOLOR_FORCE say otherwise'
always\t'Always'
never\t'Never'"
complete -c p12-test -n "__fish_p12_test_needs_command" -l leaf-only -d 'Send the certificate without its chain, as some .NET clients do'
complete -c p12-test -n "__fish_p12_test_needs_command" -l password-stdin -d 'Read the password from standard input'
complete -c p12-test -n "__fish_p12_test_needs_command" -l no-password -d 'The P12 has no password, or an empty one'
complete -c p12-test -n "__fish_p12_test_needs_command" -s k -l insecure -d 'Continue even if the endpoint\'s certificate is not trusted'
complete -c p12-test -n "__fish_p12_test_needs_command" -l http2 -d 'Offer HTTP/2 as well as HTTP/1.1'
complete -c p12-test -n "__fish_p12_test_needs_command" -s 4 -l ipv4 -d 'Use IPv4 only'
complete -c p12-test -n "__fish_p12_test_needs_command" -s 6 -l ipv6 -d 'Use IPv6 only'
complete -c p12-test -n "__fish_p12_test_needs_command" -l compare -d 'Make the call from here and through the platform, and report whether the endpoint treats both alike'
complete -c p12-test -n "__fish_p12_test_needs_command" -l oauth1 -d 'Sign with OAuth 1.0a; the four values come from P12_TEST_OAUTH1_CONSUMER_KEY and the like, or are asked for'
complete -c p12-test -n "__fish_p12_test_needs_command" -l no-precheck -d 'Send the P12 to the platform without opening it here first'
complete -c p12-test -n "__fish_p12_test_needs_command" -l control -d 'First make the call without the certificate, to see whether the endpoint insists on it'
complete -c p12-test -n "__fish_p12_test_needs_command" -l allow-unrequested -d 'Count it as success if the endpoint never asks for a certificate'
complete -c p12-test -n "__fish_p12_test_needs_command" -l each-address -d 'Make the call at every address of the host, IPv4 and IPv6, and report which of them differ; prints the first answer'
complete -c p12-test -n "__fish_p12_test_needs_command" -s i -l include -d 'Print the response headers too, exactly as received'
complete -c p12-test -n "__fish_p12_test_needs_command" -l json -d 'Print one JSON report instead of the answer: the verdict, what was observed, the answer\'s status, size and SHA-256'
complete -c p12-test -n "__fish_p12_test_needs_command" -l include-body -d 'Include the answer\'s body in the JSON report, up to 1 MiB of it'
complete -c p12-test -n "__fish_p12_test_needs_command" -l curl -d 'Print a curl command for the same request instead of making it; variables stand in for secrets'
complete -c p12-test -n "__fish_p12_test_needs_command" -s q -l quiet -d 'Print nothing but errors on standard error'
complete -c p12-test -n "__fish_p12_test_needs_command" -s v -l verbose -d 'Also show the steps of the handshake, the chain, the CAs that the endpoint accepts, and the timings'
complete -c p12-test -n "__fish_p12_test_needs_command" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c p12-test -n "__fish_p12_test_needs_command" -s V -l version -d 'Print version'
complete -c p12-test -n "__fish_p12_test_needs_command" -a "demo" -d 'See everything work on a built-in endpoint; needs nothing else'
complete -c p12-test -n "__fish_p12_test_needs_command" -a "inspect" -d 'Show what is in P12 files, and what will go wrong with them'
complete -c p12-test -n "__fish_p12_test_needs_command" -a "repack" -d 'Make a new P12 out of one: for another reader, with the whole chain, with a new certificate'
complete -c p12-test -n "__fish_p12_test_needs_command" -a "probe" -d 'Show what an endpoint asks for, before there is a P12'
complete -c p12-test -n "__fish_p12_test_needs_command" -a "batch" -d 'Run many tests; NDJSON in, NDJSON out'
complete -c p12-test -n "__fish_p12_test_needs_command" -a "serve" -d 'Run the platform\'s P12 test resource yourself, for rehearsals or inside your own network'
complete -c p12-test -n "__fish_p12_test_using_subcommand demo" -l color -d 'When to use colour in the report' -r -f -a "auto\t'On a terminal, unless NO_COLOR or CLICOLOR_FORCE say otherwise'
always\t'Always'
never\t'Never'"
complete -c p12-test -n "__fish_p12_test_using_subcommand demo" -l keep -d 'Keep the endpoint running and the files in place until Ctrl-C'
complete -c p12-test -n "__fish_p12_test_using_subcommand demo" -s q -l quiet -d 'Print nothing but errors on standard error'
complete -c p12-test -n "__fish_p12_test_using_subcommand demo" -s v -l verbose -d 'Show each command, the endpoint\'s answer and the whole report'
complete -c p12-test -n "__fish_p12_test_using_subcommand demo" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c p12-test -n "__fish_p12_test_using_subcommand inspect" -l password-file -d 'Read the password from a file (a newline, blanks, quotes or a byte order mark around it are ignored where it opens without)' -r -F
complete -c p12-test -n "__fish_p12_test_using_subcommand inspect" -l password-env -d 'Read the password from an environment variable' -r
complete -c p12-test -n "__fish_p12_test_using_subcommand inspect" -s p -l password -d 'The password itself; other users of this machine can see it in the list of processes' -r
complete -c p12-test -n "__fish_p12_test_using_subcommand inspect" -l key -d 'Take the private key from this file (PEM or DER), where the other file has only its certificates' -r -F
complete -c p12-test -n "__fish_p12_test_using_subcommand inspect" -l key-password-file -d 'Read the key\'s password from a file, where it is not that of the P12' -r -F
complete -c p12-test -n "__fish_p12_test_using_subcommand inspect" -l key-password-env -d 'Read the key\'s password from an environment variable' -r
complete -c p12-test -n "__fish_p12_test_using_subcommand inspect" -l within -d 'Warn about certificates that expire within this time, in days (30d) or weeks (6w)' -r
complete -c p12-test -n "__fish_p12_test_using_subcommand inspect" -l trust -d 'Say whether a server that trusts the CA certificates in this file (PEM) would accept the P12; exit status 1 if not' -r -F
complete -c p12-test -n "__fish_p12_test_using_subcommand inspect" -l html -d 'Also write a page for people to a file, with findings, fixes and all that is in the P12 files; it contains no secrets' -r -F
complete -c p12-test -n "__fish_p12_test_using_subcommand inspect" -l color -d 'When to use colour in the report' -r -f -a "auto\t'On a terminal, unless NO_COLOR or CLICOLOR_FORCE say otherwise'
always\t'Always'
never\t'Never'"
complete -c p12-test -n "__fish_p12_test_using_subcommand inspect" -l password-stdin -d 'Read the password from standard input'
complete -c p12-test -n "__fish_p12_test_using_subcommand inspect" -l no-password -d 'The P12 has no password, or an empty one'
complete -c p12-test -n "__fish_p12_test_using_subcommand inspect" -l json -d 'Print one JSON document'
complete -c p12-test -n "__fish_p12_test_using_subcommand inspect" -s q -l quiet -d 'Print nothing but errors on standard error'
complete -c p12-test -n "__fish_p12_test_using_subcommand inspect" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c p12-test -n "__fish_p12_test_using_subcommand repack" -l password-file -d 'Read the password from a file (a newline, blanks, quotes or a byte order mark around it are ignored where it opens without)' -r -F
complete -c p12-test -n "__fish_p12_test_using_subcommand repack" -l password-env -d 'Read the password from an environment variable' -r
complete -c p12-test -n "__fish_p12_test_using_subcommand repack" -s p -l password -d 'The password itself; other users of this machine can see it in the list of processes' -r
complete -c p12-test -n "__fish_p12_test_using_subcommand repack" -l key -d 'Take the private key from this file (PEM or DER), where the other file has only its certificates' -r -F
complete -c p12-test -n "__fish_p12_test_using_subcommand repack" -l key-password-file -d 'Read the key\'s password from a file, where it is not that of the P12' -r -F
complete -c p12-test -n "__fish_p12_test_using_subcommand repack" -l key-password-env -d 'Read the key\'s password from an environment variable' -r
complete -c p12-test -n "__fish_p12_test_using_subcommand repack" -l new-password-file -d 'Read the new password from a file (a trailing newline is ignored)' -r -F
complete -c p12-test -n "__fish_p12_test_using_subcommand repack" -l new-password-env -d 'Read the new password from an environment variable' -r
complete -c p12-test -n "__fish_p12_test_using_subcommand repack" -l for -d 'Write it as this program reads it' -r -f -a "current\t'programs of today (the default)'
openssl\t'OpenSSL 3'
fips\t'OpenSSL with the FIPS provider alone'
node\t'Node'
java\t'Java'
java8\t'Java before 8u301 and 11.0.12'
windows\t'Windows 10 1709 and Server 2019'
windows2016\t'Windows before 10 1709 and Server 2019'
macos\t'the Keychain of macOS and iOS'
android\t'Android before 14'
dotnet\t'.NET on Linux'
nss\t'NSS (Firefox, Thunderbird)'
gnutls\t'GnuTLS'
go\t'Go\'s x/crypto/pkcs12'
python\t'Python\'s cryptography'
forge\t'node-forge'"
complete -c p12-test -n "__fish_p12_test_using_subcommand repack" -l add -d 'Add the certificates of this file (PEM, DER, P7B or another P12) that belong to the chain; may be repeated' -r -F
complete -c p12-test -n "__fish_p12_test_using_subcommand repack" -l allow-net -d 'With --fetch-chain, allow addresses in this private network; may be repeated' -r
complete -c p12-test -n "__fish_p12_test_using_subcommand repack" -l certificate -d 'Take the new certificate of the key from this file, and those above it' -r -F
complete -c p12-test -n "__fish_p12_test_using_subcommand repack" -l alias -d 'Take this key of several: its friendlyName, or its number' -r
complete -c p12-test -n "__fish_p12_test_using_subcommand repack" -l name -d 'Give the key this friendlyName (without: the old one)' -r
complete -c p12-test -n "__fish_p12_test_using_subcommand repack" -l color -d 'When to use colour in the report' -r -f -a "auto\t'On a terminal, unless NO_COLOR or CLICOLOR_FORCE say otherwise'
always\t'Always'
never\t'Never'"
complete -c p12-test -n "__fish_p12_test_using_subcommand repack" -l password-stdin -d 'Read the password from standard input'
complete -c p12-test -n "__fish_p12_test_using_subcommand repack" -l no-password -d 'The P12 has no password, or an empty one'
complete -c p12-test -n "__fish_p12_test_using_subcommand repack" -l new-password -d 'Give OUT a new password, and ask for it twice (without: the password of IN)'
complete -c p12-test -n "__fish_p12_test_using_subcommand repack" -l same-password -d 'Keep the password of IN, as is usual, whatever P12_TEST_NEW_PASSWORD holds'
complete -c p12-test -n "__fish_p12_test_using_subcommand repack" -l fetch-chain -d 'Fetch missing certificates of the chain over HTTP, from where the certificates say they are'
complete -c p12-test -n "__fish_p12_test_using_subcommand repack" -l leaf-only -d 'Leave out the chain'
complete -c p12-test -n "__fish_p12_test_using_subcommand repack" -l request -d 'Make a certificate request (PKCS#10) on the key instead, as PEM on standard output: old subject and alternative names, for client authentication'
complete -c p12-test -n "__fish_p12_test_using_subcommand repack" -s f -l force -d 'Replace OUT if it exists'
complete -c p12-test -n "__fish_p12_test_using_subcommand repack" -s q -l quiet -d 'Print nothing but errors on standard error'
complete -c p12-test -n "__fish_p12_test_using_subcommand repack" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c p12-test -n "__fish_p12_test_using_subcommand probe" -l among -d 'P12 files to compare with what the endpoint accepts; give them after the URL' -r -F
complete -c p12-test -n "__fish_p12_test_using_subcommand probe" -l password-file -d 'Read the password from a file (a newline, blanks, quotes or a byte order mark around it are ignored where it opens without)' -r -F
complete -c p12-test -n "__fish_p12_test_using_subcommand probe" -l password-env -d 'Read the password from an environment variable' -r
complete -c p12-test -n "__fish_p12_test_using_subcommand probe" -s p -l password -d 'The password itself; other users of this machine can see it in the list of processes' -r
complete -c p12-test -n "__fish_p12_test_using_subcommand probe" -l key -d 'Take the private key from this file (PEM or DER), where the other file has only its certificates' -r -F
complete -c p12-test -n "__fish_p12_test_using_subcommand probe" -l key-password-file -d 'Read the key\'s password from a file, where it is not that of the P12' -r -F
complete -c p12-test -n "__fish_p12_test_using_subcommand probe" -l key-password-env -d 'Read the key\'s password from an environment variable' -r
complete -c p12-test -n "__fish_p12_test_using_subcommand probe" -l cacert -d 'Trust only the CAs in this PEM file or hashed directory' -r -F
complete -c p12-test -n "__fish_p12_test_using_subcommand probe" -l resolve -d 'Use this address for a host and port instead of DNS; may be repeated' -r
complete -c p12-test -n "__fish_p12_test_using_subcommand probe" -s x -l proxy -d 'Proxy to use: [http|socks5|socks5h]://HOST:PORT; an empty value means none' -r
complete -c p12-test -n "__fish_p12_test_using_subcommand probe" -l proxy-user-file -d 'Read USER:PASSWORD for --proxy from a file' -r -F
complete -c p12-test -n "__fish_p12_test_using_subcommand probe" -l proxy-user-env -d 'Read USER:PASSWORD for --proxy from an environment variable' -r
complete -c p12-test -n "__fish_p12_test_using_subcommand probe" -l connect-timeout -d 'Time limit for DNS, TCP, proxy and TLS together, in seconds' -r
complete -c p12-test -n "__fish_p12_test_using_subcommand probe" -s m -l max-time -d 'Time limit for the whole call, in seconds' -r
complete -c p12-test -n "__fish_p12_test_using_subcommand probe" -l tls-min -d 'Lowest TLS version to offer' -r -f -a "1.0\t''
1.1\t''
1.2\t''
1.3\t''"
complete -c p12-test -n "__fish_p12_test_using_subcommand probe" -l tls-max -d 'Highest TLS version to offer' -r -f -a "1.0\t''
1.1\t''
1.2\t''
1.3\t''"
complete -c p12-test -n "__fish_p12_test_using_subcommand probe" -l color -d 'When to use colour in the report' -r -f -a "auto\t'On a terminal, unless NO_COLOR or CLICOLOR_FORCE say otherwise'
always\t'Always'
never\t'Never'"
complete -c p12-test -n "__fish_p12_test_using_subcommand probe" -l password-stdin -d 'Read the password from standard input'
complete -c p12-test -n "__fish_p12_test_using_subcommand probe" -l no-password -d 'The P12 has no password, or an empty one'
complete -c p12-test -n "__fish_p12_test_using_subcommand probe" -s k -l insecure -d 'Continue even if the endpoint\'s certificate is not trusted'
complete -c p12-test -n "__fish_p12_test_using_subcommand probe" -l http2 -d 'Offer HTTP/2 as well as HTTP/1.1'
complete -c p12-test -n "__fish_p12_test_using_subcommand probe" -s 4 -l ipv4 -d 'Use IPv4 only'
complete -c p12-test -n "__fish_p12_test_using_subcommand probe" -s 6 -l ipv6 -d 'Use IPv6 only'
complete -c p12-test -n "__fish_p12_test_using_subcommand probe" -l json -d 'Print one JSON document'
complete -c p12-test -n "__fish_p12_test_using_subcommand probe" -s q -l quiet -d 'Print nothing but errors on standard error'
complete -c p12-test -n "__fish_p12_test_using_subcommand probe" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c p12-test -n "__fish_p12_test_using_subcommand batch" -l defaults -d 'Read options that apply to every record from a file: one JSON object, or .toml; a record can override them' -r -F
complete -c p12-test -n "__fish_p12_test_using_subcommand batch" -s j -l jobs -d 'Number of tests that run at the same time' -r
complete -c p12-test -n "__fish_p12_test_using_subcommand batch" -l per-host -d 'Number of tests that run at the same time against one host and port' -r
complete -c p12-test -n "__fish_p12_test_using_subcommand batch" -l rate -d 'Submissions to the platform per second, evenly spaced; 0 means no limit. The platform accepts 10 per second from one address; 9 leaves room for delays on the way' -r
complete -c p12-test -n "__fish_p12_test_using_subcommand batch" -l format -d 'Format of the results' -r -f -a "ndjson\t'One JSON report per line, as each test ends'
table\t'One line per test, for people'
junit\t'JUnit XML, written at the end'
tap\t'The Test Anything Protocol, version 13'
openmetrics\t'OpenMetrics text for Prometheus, written at the end'
github\t'Annotations for GitHub Actions'
html\t'One page for people, written as tests end'"
complete -c p12-test -n "__fish_p12_test_using_subcommand batch" -l resume -d 'Skip records that have a result in this NDJSON file; may be repeated' -r -F
complete -c p12-test -n "__fish_p12_test_using_subcommand batch" -l shard -d 'Test only shard I of N (I counts from 0); a hash of its id decides which shard a record is in' -r
complete -c p12-test -n "__fish_p12_test_using_subcommand batch" -l color -d 'When to use colour in the report' -r -f -a "auto\t'On a terminal, unless NO_COLOR or CLICOLOR_FORCE say otherwise'
always\t'Always'
never\t'Never'"
complete -c p12-test -n "__fish_p12_test_using_subcommand batch" -s q -l quiet -d 'Print nothing but errors on standard error'
complete -c p12-test -n "__fish_p12_test_using_subcommand batch" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c p12-test -n "__fish_p12_test_using_subcommand serve" -l listen -d 'The address and port to listen on' -r
complete -c p12-test -n "__fish_p12_test_using_subcommand serve" -l credentials -d 'A TOML file that lists who may call: [[credential]] with bearer or oauth1, accounts, permissions' -r -F
complete -c p12-test -n "__fish_p12_test_using_subcommand serve" -l tls-p12 -d 'Serve over TLS with the certificate and key of this P12; required beyond loopback' -r -F
complete -c p12-test -n "__fish_p12_test_using_subcommand serve" -l tls-password-file -d 'Read the password of --tls-p12 from a file' -r -F
complete -c p12-test -n "__fish_p12_test_using_subcommand serve" -l tls-password-env -d 'Read the password of --tls-p12 from an environment variable' -r
complete -c p12-test -n "__fish_p12_test_using_subcommand serve" -l public-url -d 'The URL that clients use, when behind a proxy: for OAuth1 signatures and the Domain API' -r
complete -c p12-test -n "__fish_p12_test_using_subcommand serve" -l allow-net -d 'Allow calls to endpoints in this private network; may be repeated' -r
complete -c p12-test -n "__fish_p12_test_using_subcommand serve" -l deny-net -d 'Call no endpoint in this network, even if --allow-net covers it; may be repeated' -r
complete -c p12-test -n "__fish_p12_test_using_subcommand serve" -l allow-port -d 'Call endpoints at this port only; may be repeated [default: 443 and 8443, and any port in networks of --allow-net]' -r
complete -c p12-test -n "__fish_p12_test_using_subcommand serve" -l trusted-proxy -d 'Take X-Forwarded-For or Forwarded from proxies in this network for the address of a client; may be repeated' -r
complete -c p12-test -n "__fish_p12_test_using_subcommand serve" -l metrics-from -d 'Show /metrics to this network as well as to loopback addresses; may be repeated' -r
complete -c p12-test -n "__fish_p12_test_using_subcommand serve" -l cacert -d 'Trust only the CAs of this PEM file or hashed directory for endpoints' -r -F
complete -c p12-test -n "__fish_p12_test_using_subcommand serve" -l resolve -d 'Use this address for a host and port instead of DNS; may be repeated' -r
complete -c p12-test -n "__fish_p12_test_using_subcommand serve" -l connect-timeout -d 'Seconds to reach an endpoint: DNS, TCP and TLS together' -r
complete -c p12-test -n "__fish_p12_test_using_subcommand serve" -s m -l max-time -d 'Seconds for a whole call to an endpoint' -r
complete -c p12-test -n "__fish_p12_test_using_subcommand serve" -l max-upload -d 'Largest upload, in bytes; K, M and G are understood' -r
complete -c p12-test -n "__fish_p12_test_using_subcommand serve" -l header-time -d 'Seconds for the head of a request, and for the TLS handshake' -r
complete -c p12-test -n "__fish_p12_test_using_subcommand serve" -l body-time -d 'Seconds for an upload except a large body, and for a client to read more of its answer' -r
complete -c p12-test -n "__fish_p12_test_using_subcommand serve" -l max-calls -d 'Most calls in progress at once; one address gets half of what is free [default: 64]' -r
complete -c p12-test -n "__fish_p12_test_using_subcommand serve" -l max-connections -d 'Most connections of clients at once; one address gets half of what is free [default: 2048]' -r
complete -c p12-test -n "__fish_p12_test_using_subcommand serve" -l rate -d 'Calls per second of one credential from one address; 0 for no limit' -r
complete -c p12-test -n "__fish_p12_test_using_subcommand serve" -l max-kdf -d 'Most iterations of key derivation for one P12' -r
complete -c p12-test -n "__fish_p12_test_using_subcommand serve" -l drain-notice -d 'Seconds after SIGTERM in which /healthz says 503 while requests are still taken' -r
complete -c p12-test -n "__fish_p12_test_using_subcommand serve" -l drain-time -d 'Seconds to finish answers in progress after that' -r
complete -c p12-test -n "__fish_p12_test_using_subcommand serve" -l color -d 'When to use colour in the report' -r -f -a "auto\t'On a terminal, unless NO_COLOR or CLICOLOR_FORCE say otherwise'
always\t'Always'
never\t'Never'"
complete -c p12-test -n "__fish_p12_test_using_subcommand serve" -s q -l quiet -d 'Print nothing but errors on standard error'
complete -c p12-test -n "__fish_p12_test_using_subcommand serve" -s h -l help -d 'Print help (see more with \'--help\')'
