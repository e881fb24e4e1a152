//! What the stream readers' transcripts mean, worked out once for each distinct transcript and not for each flow.
//!
//! A capture has far fewer transcripts and names than flows, and a flow's transcripts and names are all that its readers said
//! of it. So texts are compared and the catalogue is asked here, and judging a flow is joining two testimonies.

mod table;

use lenscap_catalog::{Catalog, Endpoint, SharedGroup};
use lenscap_wire::{Address, Field};
use std::net::Ipv4Addr;
use std::ops::Range;

use self::table::{OpinionTable, confidence, slice};
use crate::judge::ending::Ending;
use crate::judge::judged::{KINDS, host_part, is_host_syntax};
use crate::judge::whose::answered::{self, AsksProxy, Granted};
use crate::judge::whose::statement::Statement;
use crate::state::summary::Summary;
use crate::state::text::TextId;
use crate::state::transcript::{Asked, TranscriptId, Transcripts};

/// Place of `http.host` in [`KINDS`].
const HOST: u8 = 1;

/// What the catalogue says of a name: whose it is, and why it may be nobody's.
pub(crate) type Owner<'a> = (Option<&'a Endpoint>, Option<SharedGroup>);

/// A name that a half gave for the flow's server.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Naming<'a> {
    /// Which of [`KINDS`].
    pub(crate) kind: u8,
    /// Whether the server is the half's receiver, as it is of a hello, or its sender, as of a certificate.
    pub(crate) of_receiver: bool,
    /// Points for what it proves of the server.
    pub(crate) confidence: u8,
    pub(crate) text: &'a [u8],
    pub(crate) owner: Owner<'a>,
    /// Whether it is a cover: the outer name of an encrypted client hello.
    pub(crate) covers: bool,
}

/// What one transcript means.
#[derive(Clone, Debug)]
#[allow(clippy::struct_excessive_bools, reason = "they say things that may each be so or not")]
pub(crate) struct Opinion {
    /// The reader that decided; [`Opinion::NOBODY`] where none did.
    reader: u8,
    /// Which of [`KINDS`] the half's own name is, and whether it is about the half's receiver.
    own: Option<(u8, bool)>,
    /// Whether that name is a [cover](Naming::covers).
    covers: bool,
    /// Whether the path that the half asked for is about its receiver.
    path: Option<bool>,
    claims: Range<u32>,
    /// Whether the sender answers to what was asked of it.
    confirms: bool,
    /// Whether it answers with a picture.
    pictures: bool,
    /// Whether the answer to what was asked first is a document of ISAPI.
    isapi: bool,
    /// At which private address it places the device that it describes.
    describes: Option<Ipv4Addr>,
    /// Whether a hello of TLS shows that the sender serves: it chose the cipher.
    serves: bool,
    /// Whether the answers are none of who was asked, where that is no proxy, and what they show of one.
    turns_away: bool,
    granted: Granted,
    /// Whether a proxy is asked for another host, and how.
    asks_proxy: Option<AsksProxy>,
    /// Whether the answer to what was asked first is XML that nobody read.
    unread_xml: bool,
    /// Whether packets were left unopened that might have held what was looked for.
    unopened: bool,
    /// Whether it says nothing about either end.
    silent: bool,
    /// Sets of statements about the half's sender and about its receiver; 0 is the empty one.
    about: [u32; 2],
}

impl Opinion {
    const NOBODY: u8 = u8::MAX;
    const NONE: Self = Self {
        reader: Self::NOBODY,
        own: None,
        covers: false,
        path: None,
        claims: 0..0,
        confirms: false,
        pictures: false,
        isapi: false,
        describes: None,
        serves: false,
        turns_away: false,
        granted: Granted { connects: false, passes: false, relays: false, answers: false },
        asks_proxy: None,
        unread_xml: false,
        unopened: false,
        silent: true,
        about: [0; 2],
    };
}

/// What a half of a flow said.
#[derive(Clone, Copy)]
pub(crate) struct Testimony<'c, 'a> {
    table: &'c OpinionTable<'a>,
    opinion: &'c Opinion,
    asked: Asked,
}

impl<'c, 'a> Testimony<'c, 'a> {
    /// The reader that decided.
    pub(crate) fn reader(&self) -> Option<u8> {
        let known = self.opinion.reader != Opinion::NOBODY && !self.is_spent();
        known.then_some(self.opinion.reader)
    }

    /// Whether no reader could decide on what is read of a half at most.
    pub(crate) fn is_spent(&self) -> bool {
        self.opinion.reader == Transcripts::SPENT.0
    }

    /// Whether it names the flow's server.
    pub(crate) fn is_naming(&self) -> bool {
        self.opinion.own.is_some() || !self.opinion.claims.is_empty()
    }

    /// The names that it gave for the flow's server.
    pub(crate) fn claims(&self) -> impl Iterator<Item = Naming<'a>> + use<'c, 'a> {
        let own = self.opinion.own.map(|(kind, of_receiver)| {
            let (text, owner) =
                (self.table.texts.text(self.asked.name), self.table.host_owner(self.asked.name));
            let confidence = confidence(kind, false);
            Naming { kind, of_receiver, confidence, text, owner, covers: self.opinion.covers }
        });
        let range = self.opinion.claims.start as usize..self.opinion.claims.end as usize;
        own.into_iter().chain(self.table.claims.get(range).unwrap_or(&[]).iter().copied())
    }

    /// Whether its sender answers to what the other half asked of it, so that what others say of it is more than a claim, and whether
    /// with a picture. What was asked for as a document of ISAPI has a reader: other XML is none.
    #[inline]
    pub(crate) fn answers(&self, asker: &Self) -> (bool, bool) {
        let unread = self.opinion.unread_xml && asker.path().is_some_and(answered::is_of_isapi);
        (self.opinion.confirms && !unread, self.opinion.pictures)
    }

    /// The path that it asks for.
    fn path(&self) -> Option<&'a [u8]> {
        self.opinion.path.map(|_| self.table.texts.text(self.asked.path))
    }

    /// Whether what it says is no answer of the host that the other half asked for.
    pub(crate) fn turns_away(&self, asker: &Self) -> bool {
        let Granted { connects, passes, answers, .. } = self.opinion.granted;
        match asker.opinion.asks_proxy {
            None => self.opinion.turns_away,
            Some(AsksProxy::Connect) => answers && !connects,
            Some(AsksProxy::Whole) => self.opinion.turns_away && !passes,
            Some(AsksProxy::Socks(_)) => !self.grants(asker),
        }
    }

    /// Whether it shows that its sender is a proxy, and did what the other half asked of it.
    pub(crate) fn grants(&self, asker: &Self) -> bool {
        let Granted { connects, passes, relays, .. } = self.opinion.granted;
        match asker.opinion.asks_proxy {
            None => false,
            Some(AsksProxy::Connect) => connects,
            Some(AsksProxy::Whole) => passes,
            Some(AsksProxy::Socks(_)) => relays,
        }
    }

    /// Whom its receiver is asked for as a proxy.
    pub(crate) fn target(&self) -> Option<&'a [u8]> {
        match self.opinion.asks_proxy? {
            AsksProxy::Socks(target) => Some(self.table.texts.text(target)),
            AsksProxy::Connect | AsksProxy::Whole => {
                let mut claims = self.claims();
                Some(claims.find(|claim| claim.kind == HOST && claim.of_receiver)?.text)
            }
        }
    }

    /// Whether what it says of its sender is another's: a description places the device at another address than this one, or a
    /// document of ISAPI was asked for, by the other half, at a path of none of the protocol's, or of another host.
    #[inline]
    pub(crate) fn passes_on(&self, sender: Address, asker: &Self) -> bool {
        let of = |other: Ipv4Addr| {
            sender.octets().is_some_and(|own| Ipv4Addr::from(own).is_private() && own != other.octets())
        };
        self.opinion.describes.is_some_and(of)
            || self.opinion.isapi && asker.path().is_some_and(|path| !answered::is_of_isapi(path))
            || asker.asks_for_another(sender)
    }

    /// Whether it asks for a host that is not its receiver: through a proxy, or by an address of the receiver's network. Behind a
    /// translation of addresses a receiver has one of another network.
    fn asks_for_another(&self, receiver: Address) -> bool {
        let named = || {
            let host = str::from_utf8(host_part(self.table.texts.text(self.asked.name))).ok()?;
            let [a, b, c, d] = host.parse::<Ipv4Addr>().ok()?.octets();
            let [e, f, g, h] = receiver.octets()?;
            Some([a, b, c] == [e, f, g] && d != h)
        };
        self.opinion.asks_proxy.is_some()
            || matches!(self.opinion.own, Some((HOST, true))) && named().unwrap_or_default()
    }

    /// Whether a hello of TLS shows that its sender serves.
    pub(crate) fn serves(&self) -> bool {
        self.opinion.serves
    }

    /// Whether its sender asks, as a client does: it names the server, or its path.
    pub(crate) fn asks(&self) -> bool {
        self.opinion.path == Some(true) || matches!(self.opinion.own, Some((_, true)))
    }

    /// Whether packets were left unopened that might have held its hello.
    pub(crate) fn is_unopened(&self) -> bool {
        self.opinion.unopened
    }

    /// Whether it said nothing about either end.
    #[inline]
    pub(crate) fn is_silent(&self) -> bool {
        self.opinion.silent
    }

    /// What it said about the half's sender, or about its receiver.
    pub(crate) fn about(&self, receiver: bool) -> impl Iterator<Item = Statement> + use<'c, 'a> {
        let (at_end, place) = (self.table.at_end, self.opinion.about[usize::from(receiver)]);
        let set = (place != 0).then_some(Statement::Set { at_end, place });
        let own = self.opinion.own.filter(|(_, of_receiver)| *of_receiver == receiver);
        let own = own.map(|(kind, _)| Statement::Own { at_end, kind, name: self.asked.name });
        let path = self.opinion.path.filter(|of_receiver| *of_receiver == receiver);
        let path = path.map(|_| Statement::Path { at_end, path: self.asked.path, pictured: false });
        set.into_iter().chain(own).chain(path)
    }
}

/// The opinions on all transcripts: on the summary's, and on those of the capture's end.
pub(crate) struct Opinions<'a> {
    early: OpinionTable<'a>,
    ending: OpinionTable<'a>,
}

impl<'a> Opinions<'a> {
    pub(crate) fn new(summary: &'a Summary, ending: &'a Ending, catalog: &'a Catalog) -> Self {
        Self {
            early: OpinionTable::new(&summary.flows.texts, summary.flows.transcripts.all(), catalog, false),
            ending: OpinionTable::new(&ending.texts, ending.transcripts.all(), catalog, true),
        }
    }

    /// What a half said, by a transcript of the summary, or of the capture's end.
    #[inline]
    pub(crate) fn testimony(&self, at_end: bool, half: (TranscriptId, Asked)) -> Testimony<'_, 'a> {
        self.table(at_end).testimony(half)
    }

    /// Whose a name of the summary is, or of the capture's end.
    #[inline]
    pub(crate) fn owner(&self, at_end: bool, name: TextId) -> Owner<'a> {
        self.table(at_end).owner(name)
    }

    /// Gives field and value of each thing that was said.
    pub(crate) fn said(&self, statement: Statement, mut each: impl FnMut(Field, &'a [u8])) {
        match statement {
            Statement::Set { at_end, place } => {
                let table = self.table(at_end);
                for (field, value) in slice(&table.statements, &table.ends, place) {
                    each(*field, table.texts.text(*value));
                }
            }
            Statement::Own { at_end, kind, name } => {
                if let Some((field, _)) = KINDS.get(usize::from(kind)) {
                    each(*field, self.table(at_end).texts.text(name));
                }
            }
            Statement::Path { at_end, path, pictured } => {
                let path = self.table(at_end).texts.text(path);
                Statement::of_path(pictured).for_each(|field| each(field, path));
            }
        }
    }

    fn table(&self, at_end: bool) -> &OpinionTable<'a> {
        if at_end { &self.ending } else { &self.early }
    }
}

/// Whose a name is; of several names with spaces between them, as of a chain of aliases, the first that is somebody's.
pub(crate) fn owner<'a>(catalog: &'a Catalog, names: &[u8]) -> Owner<'a> {
    let mut shared_by = None;
    for name in names.split(|&byte| byte == b' ') {
        let host = host_part(name);
        let (endpoint, shared) = catalog.host(host);
        // Most names are nobody's, so that it is asked of few whether a host can be called so.
        if endpoint.is_none() && shared.is_none() || !is_host_syntax(host) {
            continue;
        }
        shared_by = shared_by.or(shared.map(|shared| shared.group));
        if endpoint.is_some() {
            return (endpoint, shared_by);
        }
    }
    (None, shared_by)
}
