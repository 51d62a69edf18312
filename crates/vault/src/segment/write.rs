//! Writing a segment.

use std::{
    fs::{File, OpenOptions},
    io::{BufWriter, Write},
    path::{Path, PathBuf},
    sync::Arc,
};

use bytes::Bytes;
use parquet::file::{metadata::KeyValue, writer::SerializedFileWriter};
use sha2::{Digest, Sha256};

use super::{
    chunk::Chunk,
    schema::{CHUNK_BYTES, CHUNK_ROWS, SCHEMA, properties},
    summary::Summary,
};
use crate::{Error, catalogue::ChunkDigest, files, line::Line};

/// What was written.
#[derive(Debug)]
pub(crate) struct Sealed {
    pub count: u64,
    pub bytes: u64,
    pub sha256: String,
    pub chunks: Vec<ChunkDigest>,
    pub received: (i64, i64),
    pub severity: u8,
}

/// Writes records, given in arrival order, to a temporary file.
pub(crate) struct SegmentWriter {
    path: PathBuf,
    file: SerializedFileWriter<Hashing>,
    chunk: Chunk,
    first: u64,
    count: u64,
    summary: Summary,
    chunks: Vec<ChunkDigest>,
}

impl SegmentWriter {
    /// Starts the file at `path`; its first record is number `first`.
    pub(crate) fn create(path: &Path, first: u64) -> Result<Self, Error> {
        let mut new = OpenOptions::new();
        let new = new.write(true).create(true).truncate(true);
        let file = files::open_with(path, new).map_err(Error::io("create", path))?;
        let out = Hashing {
            inner: BufWriter::with_capacity(1 << 18, file),
            hash: Sha256::new(),
            part: Sha256::new(),
            bytes: 0,
        };
        let file = SerializedFileWriter::new(out, SCHEMA.clone(), Arc::new(properties()))
            .map_err(Error::parquet("write", path))?;
        Ok(Self {
            path: path.to_owned(),
            file,
            chunk: Chunk {
                first,
                ..Chunk::default()
            },
            first,
            count: 0,
            summary: Summary::default(),
            chunks: Vec::new(),
        })
    }

    /// Adds the next record.
    pub(crate) fn push(&mut self, record: Bytes) -> Result<(), Error> {
        let Some(line) = Line::decode(&record) else {
            return Err(Error::damaged(
                &self.path,
                format!("record {} cannot be decoded", self.first + self.count),
            ));
        };
        self.summary.add(&line);
        self.count += 1;
        self.chunk.bytes += record.len();
        self.chunk.records.push(record);
        if self.chunk.records.len() >= CHUNK_ROWS || self.chunk.bytes >= CHUNK_BYTES {
            self.write_chunk()?;
        }
        Ok(())
    }

    fn write_chunk(&mut self) -> Result<(), Error> {
        if !self.chunk.records.is_empty() {
            self.chunk
                .write(&mut self.file)
                .map_err(Error::parquet("write", &self.path))?;
            self.file.flush().map_err(Error::io("write", &self.path))?;
            let out = self.file.inner_mut();
            self.chunks.push(ChunkDigest {
                count: self.chunk.records.len() as u64,
                end: out.bytes,
                sha256: hex::encode(out.part.finalize_reset()),
            });
        }
        self.chunk = Chunk {
            first: self.first + self.count,
            ..Chunk::default()
        };
        Ok(())
    }

    /// Writes the footer and waits until all of it is on disk.
    pub(crate) fn finish(mut self) -> Result<Sealed, Error> {
        self.write_chunk()?;
        for (key, value) in [
            ("gieng.first", self.first.to_string()),
            ("gieng.count", self.count.to_string()),
            ("gieng.sources", self.summary.sources.to_json()),
        ] {
            self.file
                .append_key_value_metadata(KeyValue::new(key.to_owned(), value));
        }
        let out = self
            .file
            .into_inner()
            .map_err(Error::parquet("write", &self.path))?;
        let Hashing {
            inner,
            hash,
            part,
            bytes,
        } = out;
        // The page index and the footer count as a last part without records.
        self.chunks.push(ChunkDigest {
            count: 0,
            end: bytes,
            sha256: hex::encode(part.finalize()),
        });
        let file = inner
            .into_inner()
            .map_err(|e| Error::io("write", &self.path)(e.into_error()))?;
        file.sync_all().map_err(Error::io("sync", &self.path))?;
        Ok(Sealed {
            count: self.count,
            bytes,
            sha256: hex::encode(hash.finalize()),
            chunks: self.chunks,
            received: self.summary.received,
            severity: self.summary.severity,
        })
    }
}

/// Counts and hashes what passes: the whole, and the part since the last chunk.
struct Hashing {
    inner: BufWriter<File>,
    hash: Sha256,
    part: Sha256,
    bytes: u64,
}

impl Write for Hashing {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        let n = self.inner.write(bytes)?;
        let written = bytes.get(..n).unwrap_or(bytes);
        self.hash.update(written);
        self.part.update(written);
        self.bytes += n as u64;
        Ok(n)
    }

    fn flush(&mut self) -> std::io::Result<()> {
        self.inner.flush()
    }
}
