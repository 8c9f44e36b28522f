//! A DWARF section, read where `gimli` looks.

use std::borrow::Cow;

use gimli::{Error, ReaderOffsetId, RunTimeEndian};
use object::ReadRef;

use super::source::Data;

/// What is asked of the file at once, in bytes.
const BLOCK: usize = 4 << 10;

/// The longest string that is believed, in bytes: command lines are recorded as strings.
const STRING: usize = 1 << 20;

/// Where a section's bytes are.
#[derive(Clone, Copy, Debug)]
pub(super) enum Section<'a> {
    /// In the file, from an offset, so many bytes.
    File(Data<'a>, u64, usize),
    /// In memory, because it was compressed.
    Memory(&'a [u8]),
}

impl<'a> Section<'a> {
    fn len(&self) -> usize {
        match self {
            Self::File(_, _, len) => *len,
            Self::Memory(bytes) => bytes.len(),
        }
    }

    /// The block in which an offset lies, and where that block starts.
    fn block(&self, offset: usize) -> Result<(usize, &'a [u8]), Error> {
        match self {
            Self::Memory(bytes) => Ok((0, bytes)),
            Self::File(data, start, len) => {
                let first = offset / BLOCK * BLOCK;
                let size = BLOCK.min(len.saturating_sub(first));
                data.read_bytes_at(start.saturating_add(first as u64), size as u64)
                    .map(|bytes| (first, bytes))
                    .map_err(|()| Error::Io)
            }
        }
    }
}

/// A range of a section.
#[derive(Clone, Copy, Debug)]
pub(super) struct Window<'a> {
    section: Section<'a>,
    endian: RunTimeEndian,
    start: usize,
    len: usize,
    /// The block that was read last: most reads follow the one before.
    first: usize,
    block: &'a [u8],
}

impl<'a> Window<'a> {
    pub(super) fn new(section: Section<'a>, endian: RunTimeEndian) -> Self {
        Self {
            section,
            endian,
            start: 0,
            len: section.len(),
            first: 0,
            block: &[],
        }
    }

    /// The bytes from the start of this window that lie in one block.
    fn near(&mut self) -> Result<&'a [u8], Error> {
        if self.start < self.first || self.start >= self.first + self.block.len() {
            (self.first, self.block) = self.section.block(self.start)?;
        }
        let bytes = self
            .block
            .get(self.start - self.first..)
            .filter(|bytes| !bytes.is_empty())
            .ok_or(Error::Io)?;
        Ok(&bytes[..bytes.len().min(self.len)])
    }

    fn end(&self) -> Error {
        Error::UnexpectedEof(gimli::Reader::offset_id(self))
    }
}

impl gimli::Reader for Window<'_> {
    type Endian = RunTimeEndian;
    type Offset = usize;

    fn endian(&self) -> RunTimeEndian {
        self.endian
    }

    fn len(&self) -> usize {
        self.len
    }

    fn empty(&mut self) {
        self.len = 0;
    }

    fn truncate(&mut self, len: usize) -> gimli::Result<()> {
        if len > self.len {
            return Err(self.end());
        }
        self.len = len;
        Ok(())
    }

    fn offset_from(&self, base: &Self) -> usize {
        self.start.saturating_sub(base.start)
    }

    fn offset_id(&self) -> ReaderOffsetId {
        ReaderOffsetId(self.start as u64)
    }

    fn lookup_offset_id(&self, id: ReaderOffsetId) -> Option<usize> {
        let offset = usize::try_from(id.0).ok()?.checked_sub(self.start)?;
        (offset <= self.len).then_some(offset)
    }

    fn find(&self, byte: u8) -> gimli::Result<usize> {
        let mut rest = *self;
        let mut found = 0;
        while rest.len > 0 && found < STRING {
            let near = rest.near()?;
            if let Some(at) = near.iter().position(|&b| b == byte) {
                return Ok(found + at);
            }
            let size = near.len();
            found += size;
            rest.skip(size)?;
        }
        Err(self.end())
    }

    fn skip(&mut self, len: usize) -> gimli::Result<()> {
        if len > self.len {
            return Err(self.end());
        }
        self.start += len;
        self.len -= len;
        Ok(())
    }

    fn split(&mut self, len: usize) -> gimli::Result<Self> {
        let mut part = *self;
        part.truncate(len)?;
        self.skip(len)?;
        Ok(part)
    }

    fn to_slice(&self) -> gimli::Result<Cow<'_, [u8]>> {
        if self.len > STRING {
            return Err(self.end());
        }
        let mut bytes = vec![0; self.len];
        let mut rest = *self;
        rest.read_slice(&mut bytes)?;
        Ok(Cow::Owned(bytes))
    }

    fn to_string(&self) -> gimli::Result<Cow<'_, str>> {
        match String::from_utf8(self.to_slice()?.into_owned()) {
            Ok(text) => Ok(Cow::Owned(text)),
            Err(_) => Err(Error::BadUtf8),
        }
    }

    fn to_string_lossy(&self) -> gimli::Result<Cow<'_, str>> {
        let bytes = self.to_slice()?;
        Ok(Cow::Owned(String::from_utf8_lossy(&bytes).into_owned()))
    }

    fn read_slice(&mut self, buffer: &mut [u8]) -> gimli::Result<()> {
        if buffer.len() > self.len {
            return Err(self.end());
        }
        let mut done = 0;
        while done < buffer.len() {
            let near = self.near()?;
            let size = near.len().min(buffer.len() - done);
            buffer[done..done + size].copy_from_slice(&near[..size]);
            self.skip(size)?;
            done += size;
        }
        Ok(())
    }
}
