use super::*;
use std::net::IpAddr;

fn address(text: &str) -> Address {
    Address::from(text.parse::<IpAddr>().unwrap())
}

#[test]
fn temporary_addresses_of_one_network_count_once() {
    let of = |text| outside_network(address(text));
    assert_eq!(of("2001:db8:1:2:3::4"), of("2001:db8:1:2:9::"));
    assert_ne!(of("2001:db8:1:2::"), of("2001:db8:1:3::"));
    assert_ne!(of("203.0.113.1"), of("203.0.113.2"));
}

#[test]
fn more_networks_than_a_station_has_are_not_kept() {
    let mut abroad = Some(Abroad::new());
    for last in 0..rules::OUTSIDE_NETWORKS as u8 {
        add(&mut abroad, [last; 16]);
        add(&mut abroad, [0; 16]);
    }
    assert!(abroad.is_some());
    add(&mut abroad, [99; 16]);
    assert!(abroad.is_none());
}
