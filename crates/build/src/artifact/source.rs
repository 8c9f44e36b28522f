//! The bytes of a file, read where they are asked for.

use std::collections::HashMap;
use std::fmt;
use std::io::{self, Read, Seek, SeekFrom};

use object::read::{ReadCache, ReadCacheOps, ReadCacheRange};

/// A part of a file: all of it, or one member of an archive.
pub(super) type Data<'a> = ReadCacheRange<'a, Blocks>;

/// How much of one file is ever held, in bytes. A malformed file may ask for
/// the same bytes under many names.
const BUDGET: u64 = 2 << 30;

/// What is read from the file at once, in bytes.
const BLOCK: u64 = 16 << 10;

/// A stream read in blocks, so that thousands of small names cost few reads.
pub(super) struct Blocks {
    stream: Box<dyn ReadCacheOps>,
    length: u64,
    position: u64,
    held: HashMap<u64, Box<[u8]>>,
    budget: u64,
}

impl Blocks {
    fn block(&mut self, number: u64) -> Result<&[u8], ()> {
        if !self.held.contains_key(&number) {
            let start = number * BLOCK;
            let size = BLOCK.min(self.length.checked_sub(start).ok_or(())?);
            let bytes = self.fetch(start, size)?;
            self.held.insert(number, bytes);
        }
        Ok(&self.held[&number])
    }

    fn fetch(&mut self, start: u64, size: u64) -> Result<Box<[u8]>, ()> {
        self.spend(size)?;
        let mut bytes = vec![0; usize::try_from(size).map_err(|_| ())?].into_boxed_slice();
        self.stream.seek(start)?;
        self.stream.read_exact(&mut bytes)?;
        Ok(bytes)
    }

    fn spend(&mut self, size: u64) -> Result<(), ()> {
        self.budget = self.budget.checked_sub(size).ok_or(())?;
        Ok(())
    }

    fn copy(&mut self, buffer: &mut [u8]) -> Result<usize, ()> {
        let number = self.position / BLOCK;
        let within = usize::try_from(self.position % BLOCK).map_err(|_| ())?;
        if self.position >= self.length {
            return Ok(0);
        }
        let block = self.block(number)?;
        let bytes = block.get(within..).ok_or(())?;
        let size = bytes.len().min(buffer.len());
        buffer[..size].copy_from_slice(&bytes[..size]);
        self.position += size as u64;
        Ok(size)
    }
}

impl fmt::Debug for Blocks {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Blocks")
            .field("length", &self.length)
            .field("budget", &self.budget)
            .finish_non_exhaustive()
    }
}

impl ReadCacheOps for Blocks {
    fn len(&mut self) -> Result<u64, ()> {
        Ok(self.length)
    }

    fn seek(&mut self, position: u64) -> Result<u64, ()> {
        self.position = position;
        Ok(position)
    }

    fn read(&mut self, buffer: &mut [u8]) -> Result<usize, ()> {
        self.copy(buffer)
    }

    fn read_exact(&mut self, buffer: &mut [u8]) -> Result<(), ()> {
        // What is read whole is kept by the caller; a second copy here serves nobody.
        if buffer.len() as u64 >= 2 * BLOCK {
            self.spend(buffer.len() as u64)?;
            self.stream.seek(self.position)?;
            self.stream.read_exact(buffer)?;
            self.position += buffer.len() as u64;
            return Ok(());
        }
        let mut done = 0;
        while done < buffer.len() {
            match self.copy(&mut buffer[done..])? {
                0 => return Err(()),
                size => done += size,
            }
        }
        Ok(())
    }
}

/// A stream as what `object` reads from.
pub(super) fn cached<S: Read + Seek + 'static>(mut stream: S) -> io::Result<ReadCache<Blocks>> {
    let length = Seek::seek(&mut stream, SeekFrom::End(0))?;
    Ok(ReadCache::new(Blocks {
        stream: Box::new(stream),
        length,
        position: 0,
        held: HashMap::new(),
        budget: BUDGET,
    }))
}

#[cfg(test)]
mod tests {
    use std::cell::Cell;
    use std::rc::Rc;

    use object::ReadRef;

    use super::*;

    /// A stream of zeros that counts what is read of it.
    struct Counted {
        length: u64,
        position: u64,
        read: Rc<Cell<u64>>,
    }

    impl Read for Counted {
        fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
            buffer.fill(0);
            self.read.set(self.read.get() + buffer.len() as u64);
            self.position += buffer.len() as u64;
            Ok(buffer.len())
        }
    }

    impl Seek for Counted {
        fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
            self.position = match to {
                SeekFrom::Start(at) => at,
                SeekFrom::End(by) => self.length.saturating_add_signed(by),
                SeekFrom::Current(by) => self.position.saturating_add_signed(by),
            };
            Ok(self.position)
        }
    }

    fn stream(length: u64) -> (ReadCache<Blocks>, Rc<Cell<u64>>) {
        let read = Rc::new(Cell::new(0));
        let stream = Counted {
            length,
            position: 0,
            read: Rc::clone(&read),
        };
        (cached(stream).unwrap(), read)
    }

    #[test]
    fn a_large_file_is_read_where_it_is_looked_at() {
        let (cache, read) = stream(1 << 40);
        for at in [0, 1, 100, BLOCK, (1 << 40) - 8] {
            assert_eq!((&cache).read_bytes_at(at, 8), Ok(&[0; 8][..]));
        }
        // One that lies across two blocks costs one more.
        assert_eq!((&cache).read_bytes_at(2 * BLOCK - 4, 8), Ok(&[0; 8][..]));
        assert_eq!(read.get(), 4 * BLOCK);
        assert!((&cache).read_bytes_at((1 << 40) - 7, 8).is_err());
    }

    #[test]
    fn what_asks_for_too_much_is_refused() {
        let (cache, read) = stream(1 << 40);
        assert!((&cache).read_bytes_at(0, BUDGET + 1).is_err());
        let part = BUDGET / 64;
        let granted = (0..80).filter(|&n| (&cache).read_bytes_at(n, part).is_ok());
        assert_eq!(granted.count(), 64);
        assert_eq!(read.get(), BUDGET);
    }
}
