//! Capture filters (BPF), compiled and run by libpcap: the same in files as on interfaces.

use lenscap_wire::Frame;

use crate::Error;

/// A filter expression, compiled for each link type that it meets.
pub struct Filter {
    expression: String,
    #[cfg(feature = "live")]
    programs: Vec<(lenscap_wire::LinkType, pcap::BpfProgram)>,
}

impl Filter {
    /// Checks an expression by compiling it for Ethernet or, where it does not fit that, for raw IP.
    #[cfg(feature = "live")]
    pub fn new(expression: &str) -> Result<Self, Error> {
        use lenscap_wire::LinkType;
        let mut filter = Self { expression: expression.to_string(), programs: Vec::new() };
        match filter.compile(LinkType::ETHERNET) {
            Ok(_) => Ok(filter),
            Err(why) => filter.compile(LinkType(101)).map(|_| ()).map_err(|_| why).map(|()| filter),
        }
    }

    /// This build has no filters.
    #[cfg(not(feature = "live"))]
    pub fn new(_: &str) -> Result<Self, Error> {
        Err(Error::NoFilters)
    }

    /// Whether the expression lets a frame through.
    #[cfg(feature = "live")]
    pub fn keeps(&mut self, frame: &Frame<'_>) -> Result<bool, Error> {
        let at = match self.programs.iter().position(|(link_type, _)| *link_type == frame.link_type) {
            Some(at) => at,
            None => self.compile(frame.link_type)?,
        };
        Ok(self.programs.get(at).is_some_and(|(_, program)| program.filter(frame.bytes)))
    }

    /// This build has no filters.
    #[cfg(not(feature = "live"))]
    pub fn keeps(&mut self, _: &Frame<'_>) -> Result<bool, Error> {
        Err(Error::NoFilters)
    }

    #[cfg(feature = "live")]
    fn compile(&mut self, link_type: lenscap_wire::LinkType) -> Result<usize, Error> {
        let expression = self.expression.as_str();
        let compile =
            || pcap::Capture::dead(pcap::Linktype(i32::from(link_type.0)))?.compile(expression, true);
        let program = compile().map_err(|why| Error::Filter {
            expression: expression.to_string(),
            link_type,
            why: why.to_string(),
        })?;
        self.programs.push((link_type, program));
        Ok(self.programs.len() - 1)
    }
}

impl std::fmt::Debug for Filter {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Filter").field("expression", &self.expression).finish_non_exhaustive()
    }
}
