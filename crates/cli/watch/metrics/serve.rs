//! Metrics over HTTP: `GET /metrics`, and nothing else.
//!
//! The listener is opened before the sandbox, in which none can be made. One client is answered after another, each within
//! [`PATIENCE`] and from a request of [`LONGEST`] bytes, whatever it sends: so whoever may connect can keep others waiting, but
//! takes no memory and no packet. Sockets are read and written as files are, since sending is refused in the sandbox.

use super::Exposed;
use std::fs::File;
use std::io::{self, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::os::fd::{AsRawFd, OwnedFd, RawFd};
use std::thread;
use std::time::Duration;

/// How long a client may take.
const PATIENCE: Duration = Duration::from_secs(2);
/// How long it may take for each piece of its request.
const PIECE: Duration = Duration::from_millis(500);
/// Bytes of a request.
const LONGEST: usize = 8 << 10;
/// Headers of a request.
const HEADERS: usize = 64;

/// A listener that answers nobody yet.
#[derive(Debug)]
pub(crate) struct Server {
    listener: TcpListener,
    address: SocketAddr,
}

impl Server {
    /// Listens.
    pub(crate) fn open(address: SocketAddr) -> io::Result<Self> {
        let listener = TcpListener::bind(address)?;
        let address = listener.local_addr()?;
        Ok(Self { listener, address })
    }

    /// Where it listens.
    pub(crate) fn address(&self) -> SocketAddr {
        self.address
    }

    /// What the sandbox has to let clients be accepted from.
    pub(crate) fn fd(&self) -> RawFd {
        self.listener.as_raw_fd()
    }

    /// Answers from now on, in a thread that ends with the process.
    pub(crate) fn start(self, exposed: Exposed) -> io::Result<()> {
        let answering = move || {
            loop {
                match self.listener.accept() {
                    // Who leaves early gets no answer.
                    Ok((client, _)) => _ = answer(client, &exposed),
                    // No descriptor is left, or the client has gone already.
                    Err(_) => thread::sleep(PIECE),
                }
            }
        };
        thread::Builder::new().name("metrics".into()).spawn(answering).map(|_| ())
    }
}

fn answer(client: TcpStream, exposed: &Exposed) -> io::Result<()> {
    client.set_read_timeout(Some(PIECE))?;
    client.set_write_timeout(Some(PATIENCE))?;
    let mut client = File::from(OwnedFd::from(client));
    let (status, body) = respond(request(&mut client)?.as_deref(), exposed);
    let head = format!(
        "HTTP/1.1 {status}\r\nContent-Type: text/plain; version=0.0.4; charset=utf-8\r\nContent-Length: {}\r\nConnection: close\r\n\r\n",
        body.len()
    );
    client.write_all(&[head.as_bytes(), body.as_bytes()].concat())
}

/// Method and path of a request, once its head is whole; nothing where it is none.
fn request(client: &mut impl Read) -> io::Result<Option<String>> {
    let begun = super::super::moment();
    let mut bytes = Vec::new();
    let mut piece = [0; 1024];
    while bytes.len() < LONGEST && begun.elapsed() < PATIENCE {
        let length = client.read(&mut piece)?;
        bytes.extend_from_slice(&piece[..length]);
        let mut headers = [httparse::EMPTY_HEADER; HEADERS];
        let mut request = httparse::Request::new(&mut headers);
        match request.parse(&bytes) {
            Ok(httparse::Status::Complete(_)) => {
                return Ok(request.method.zip(request.path).map(|(method, path)| format!("{method} {path}")));
            }
            Ok(httparse::Status::Partial) if length > 0 => {}
            _ => return Ok(None),
        }
    }
    Ok(None)
}

/// Status and body.
fn respond(request: Option<&str>, exposed: &Exposed) -> (&'static str, String) {
    match request {
        Some("GET /metrics") => ("200 OK", exposed.text().to_string()),
        Some(request) if request.starts_with("GET ") => ("404 Not Found", "Try /metrics\n".into()),
        Some(_) => ("405 Method Not Allowed", "Try GET /metrics\n".into()),
        None => ("400 Bad Request", "That is no request\n".into()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn served() -> SocketAddr {
        let server = Server::open("127.0.0.1:0".parse().unwrap()).unwrap();
        let (address, exposed) = (server.address(), Exposed::default());
        exposed.put("lenscap_flows 3\n".into());
        server.start(exposed).unwrap();
        address
    }

    fn ask(address: SocketAddr, request: &[u8]) -> String {
        let mut client = TcpStream::connect(address).unwrap();
        client.write_all(request).unwrap();
        let mut answer = Vec::new();
        // Where more was sent than is read, the end is a reset.
        _ = client.read_to_end(&mut answer);
        String::from_utf8(answer).unwrap()
    }

    #[test]
    fn metrics_are_had_and_nothing_else() {
        let address = served();
        let answer = ask(address, b"GET /metrics HTTP/1.1\r\nHost: here\r\n\r\n");
        assert!(
            answer.starts_with("HTTP/1.1 200 OK\r\n") && answer.ends_with("\r\n\r\nlenscap_flows 3\n"),
            "{answer}"
        );
        for (request, status) in [
            (&b"GET /etc/passwd HTTP/1.1\r\n\r\n"[..], "404"),
            (b"POST /metrics HTTP/1.1\r\n\r\n", "405"),
            (b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n\r\n", "400"),
        ] {
            assert!(ask(address, request).starts_with(&format!("HTTP/1.1 {status}")), "{status}");
        }
    }

    #[test]
    fn who_says_nothing_or_never_ends_keeps_others_waiting_a_moment_only() {
        let address = served();
        let silent = TcpStream::connect(address).unwrap();
        let endless = [b"GET /metrics HTTP/1.1\r\nX: ".to_vec(), vec![b'x'; 9000]].concat();
        assert!(!ask(address, &endless).contains(" 200 "));
        let answer = ask(address, b"GET /metrics HTTP/1.1\r\n\r\n");
        assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");
        drop(silent);
    }
}
