//! What stands behind the link headers of a frame or of a tunnel: an IP packet, or something else.
//!
//! A datagram to port 4789 is taken for VXLAN only by its port. So what is inside must look like a frame: where it is 11
//! bytes of anything, the datagram stays one to port 4789.

use crate::ip::{self, Ip};
use crate::link::{self, Carried};
use crate::span::Span;
use crate::tunnel::Tunnel;
use crate::{Hazards, Header, Packet, Stop, Why, transport};

/// What stands behind the link headers of a frame or tunnel.
pub(super) enum Inside<'a> {
    Ip(Ip<'a>),
    Other(u16, Span<'a>),
}

/// Reads what the link headers carry.
pub(super) fn read(found: Carried<'_>) -> Result<Inside<'_>, Stop> {
    match found {
        Carried::Ip(span) => ip::read(span).map(Inside::Ip).map_err(|stop| stop.at(Header::Ip, span)),
        Carried::Other(ether_type, span) => Ok(Inside::Other(ether_type, span)),
    }
}

/// Walks into a tunnel. What is inside one that was only guessed must fit; what is no IP must fit inside any, else the
/// datagram around it says more.
pub(super) fn enter<'a>(tunnel: &Tunnel<'a>, packet: &mut Packet<'a>) -> Result<Inside<'a>, Stop> {
    let fits_not = |why| Err(Stop::new(why).at(Header::Tunnel, tunnel.span));
    let (depth, from_higher) = (packet.path.len(), packet.source > packet.destination);
    link::wrap(packet, tunnel.kind, tunnel.id, transport::ends(packet))
        .map_err(|stop| stop.at(Header::Tunnel, tunnel.span))?;
    packet.from_higher |= u8::from(from_higher) << depth;
    let inside = read(link::descend(tunnel.head, tunnel.span, packet)?)?;
    let too_long = packet.hazards.contains(Hazards::BAD_LENGTH);
    match &inside {
        Inside::Other(..) if too_long => fits_not(Why::Length),
        Inside::Other(ether_type, _)
            if tunnel.guessed && !link::is_common(*ether_type) && *ether_type != 0 =>
        {
            fits_not(Why::Unknown)
        }
        Inside::Ip(ip) if tunnel.guessed && (too_long || ip.hazards.contains(Hazards::BAD_LENGTH)) => {
            fits_not(Why::Unknown)
        }
        _ => Ok(inside),
    }
}
