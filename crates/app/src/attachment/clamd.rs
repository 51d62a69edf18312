//! ClamAV's daemon: one file over its socket (`INSTREAM`, clamd(8)).

use std::{io, time::Duration};

use tokio::{
    io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _},
    net::{TcpStream, UnixStream},
};

/// How long the scanner may take for one file.
const PATIENCE: Duration = Duration::from_secs(60);

/// What the scanner said.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Scan {
    /// Nothing that it knows is in it.
    Clean,
    /// The signature that it found.
    Infected(String),
    /// Why there is no answer.
    NotScanned(String),
}

/// Scans bytes by the daemon at `address`: a path, `unix:/path`, or `host:port`.
pub async fn scan(address: &str, bytes: &[u8]) -> Scan {
    match tokio::time::timeout(PATIENCE, ask(address, bytes)).await {
        Ok(Ok(answer)) => read(&answer),
        Ok(Err(error)) => Scan::NotScanned(error.to_string()),
        Err(_) => Scan::NotScanned(format!("no answer within {} s", PATIENCE.as_secs())),
    }
}

async fn ask(address: &str, bytes: &[u8]) -> io::Result<String> {
    let path = address.strip_prefix("unix:").unwrap_or(address);
    if path.starts_with('/') {
        talk(UnixStream::connect(path).await?, bytes).await
    } else {
        let host = address.strip_prefix("tcp:").unwrap_or(address);
        talk(TcpStream::connect(host).await?, bytes).await
    }
}

async fn talk(stream: impl AsyncRead + AsyncWrite, bytes: &[u8]) -> io::Result<String> {
    let (mut from, mut to) = tokio::io::split(Box::pin(stream));
    let send = async {
        to.write_all(b"zINSTREAM\0").await?;
        for chunk in bytes.chunks(64 << 10) {
            let length = u32::try_from(chunk.len()).unwrap_or(0);
            to.write_all(&length.to_be_bytes()).await?;
            to.write_all(chunk).await?;
        }
        to.write_all(&[0; 4]).await?;
        to.flush().await
    };
    // A file beyond the daemon's own limit is answered, and the connection closed, before
    // all of it was sent: its answer says more than the broken pipe.
    let sent = send.await;
    let mut answer = Vec::new();
    let heard = (&mut from).take(4_096).read_to_end(&mut answer).await;
    if answer.is_empty() {
        sent?;
        heard?;
        return Err(io::Error::new(
            io::ErrorKind::UnexpectedEof,
            "the scanner closed the connection without an answer",
        ));
    }
    Ok(String::from_utf8_lossy(&answer)
        .trim_matches(['\0', '\n', ' '])
        .to_owned())
}

/// `stream: OK`, `stream: Name FOUND`; anything else is no answer.
fn read(answer: &str) -> Scan {
    let word = answer.strip_prefix("stream: ").unwrap_or(answer);
    if word == "OK" {
        Scan::Clean
    } else if let Some(name) = word.strip_suffix(" FOUND") {
        Scan::Infected(name.chars().take(200).collect())
    } else {
        Scan::NotScanned(word.chars().take(200).collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_clear_ok_is_clean() {
        assert_eq!(read("stream: OK"), Scan::Clean);
        assert_eq!(
            read("stream: Win.Test.EICAR FOUND"),
            Scan::Infected("Win.Test.EICAR".into())
        );
        for odd in [
            "INSTREAM size limit exceeded. ERROR",
            "",
            "stream: OK but",
            "UNKNOWN COMMAND",
        ] {
            assert!(matches!(read(odd), Scan::NotScanned(_)), "{odd}");
        }
    }
}
