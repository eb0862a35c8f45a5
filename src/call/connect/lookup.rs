//! Names to addresses: as every program on this machine does, or so that a lookup can be given up.

use std::net::IpAddr;

use hickory_resolver::config::{LookupIpStrategy, ResolverConfig, ServerOrderingStrategy};
use hickory_resolver::net::NetError;
use hickory_resolver::net::runtime::TokioRuntimeProvider;
use hickory_resolver::proto::op::Query;
use hickory_resolver::proto::rr::{Name, RecordType};
use hickory_resolver::{Hosts, TokioResolver, system_conf};

use crate::diagnosis::reach;
use crate::error::Result;

/// All addresses of a name, by the system. Such a lookup cannot be given up: it keeps a thread until it ends by itself.
pub(super) async fn by_system(name: &str) -> Result<Vec<IpAddr>> {
    let found = tokio::net::lookup_host((name, 0)).await;
    let found = found.map_err(|error| reach::explain_lookup(name, &error))?;
    Ok(found.map(|address| address.ip()).collect())
}

/// The same by the files of the system, which are read for each lookup: first the hosts, then the name servers. It ends
/// when nobody waits for it any more.
pub(super) async fn by_files(name: &str) -> Result<Vec<IpAddr>> {
    match find_host(name) {
        found if !found.is_empty() => Ok(found),
        _ => ask(name).await.map_err(|error| reach::explain_dns(name, &error)),
    }
}

/// The addresses in the file of hosts. If it has any, DNS is not asked for those of the other family.
fn find_host(name: &str) -> Vec<IpAddr> {
    let (Ok(hosts), Ok(name)) = (Hosts::from_system(), name.parse::<Name>()) else { return Vec::new() };
    let find = |kind| hosts.lookup_static_host(&Query::query(name.clone(), kind));
    let found = [RecordType::A, RecordType::AAAA].into_iter().filter_map(find);
    found.flat_map(|lookup| lookup.answers().to_vec()).filter_map(|record| record.data.ip_addr()).collect()
}

async fn ask(name: &str) -> std::result::Result<Vec<IpAddr>, NetError> {
    let (config, mut options) = system_conf::read_system_conf()?;
    let (domain, search, servers) = config.into_parts();
    let config = ResolverConfig::from_parts(domain.filter(|_| search.is_empty()), search, servers);
    options.ip_strategy = LookupIpStrategy::Ipv4AndIpv6;
    options.server_ordering_strategy = ServerOrderingStrategy::UserProvidedOrder;
    options.cache_size = 0;
    let resolver = TokioResolver::builder_with_config(config, TokioRuntimeProvider::default());
    Ok(resolver.with_options(options).build()?.lookup_ip(name).await?.iter().collect())
}
