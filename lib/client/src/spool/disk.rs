//! The four files of a spool: opening, writing, syncing. What the bytes mean is said by the other rooms.

use std::{
    fs::{self, DirBuilder, File, OpenOptions, TryLockError},
    io::{self, Read, Seek, SeekFrom, Write},
    path::{Path, PathBuf},
};

use super::mark::{Mark, SLOT};

#[derive(Debug)]
pub(super) struct Disk {
    dir: PathBuf,
    events: File,
    letters: File,
    position: File,
    mark: Mark,
    /// Held as long as the spool is open, and let go with the file.
    _lock: File,
}

/// What the files hold when they are opened.
#[derive(Debug)]
pub(super) struct Found {
    pub(super) events: Vec<u8>,
    pub(super) letters: Vec<u8>,
    pub(super) mark: u64,
}

impl Disk {
    /// Opens the files of a directory, made when they are not there; none when somebody else has them.
    pub(super) fn open(dir: &Path) -> io::Result<Option<(Self, Found)>> {
        make_private(dir)?;
        let lock = open(dir, "lock")?;
        match lock.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => return Ok(None),
            Err(TryLockError::Error(error)) => return Err(error),
        }
        for entry in fs::read_dir(dir)? {
            let path = entry?.path();
            if path.extension().is_some_and(|extension| extension == "tmp") {
                fs::remove_file(path)?; // left by a rewrite that was cut off
            }
        }
        let (mut events, mut letters, mut position) =
            (open(dir, "events")?, open(dir, "dead-letters.ndjson")?, open(dir, "position")?);
        let slots = whole(&mut position)?;
        let found =
            Found { events: whole(&mut events)?, letters: whole(&mut letters)?, mark: Mark::read(&slots).value };
        let mut disk = Self { dir: dir.to_owned(), events, letters, position, mark: Mark::read(&slots), _lock: lock };
        if slots.len() < 2 * SLOT {
            write_at(&mut disk.position, 0, &[0; 2 * SLOT])?;
            disk.mark = Mark { next: 0, ..disk.mark };
            disk.move_mark(disk.mark.value)?;
        }
        Ok(Some((disk, found)))
    }

    /// Cuts what a crash left behind the last whole record and line, and makes names and lengths durable.
    pub(super) fn settle(&mut self, events_end: usize, letters_end: usize) -> io::Result<()> {
        self.letters.set_len(letters_end as u64)?;
        self.events.set_len(events_end as u64)?;
        self.events.sync_all()?;
        sync_directory(&self.dir)
    }

    pub(super) fn write_events(&mut self, offset: usize, bytes: &[u8]) -> io::Result<()> {
        write_at(&mut self.events, offset, bytes)?;
        self.events.sync_all()
    }

    /// The file ends here again, on the disk too.
    pub(super) fn take_back(&mut self, end: usize) -> io::Result<()> {
        self.events.set_len(end as u64)?;
        self.events.sync_all()
    }

    pub(super) fn read_events(&mut self, offset: usize, size: usize) -> io::Result<Vec<u8>> {
        read_at(&mut self.events, offset, size)
    }

    /// Ends the file here. Not synced: what was cut off has been answered for, and would be recognised.
    pub(super) fn empty_events(&mut self, end: usize) -> io::Result<()> {
        self.events.set_len(end as u64)
    }

    /// A new file made of these parts of the old one takes its place. Answers whether its name is durable: if not, a crash
    /// could bring the old one back, without what is taken from now on.
    pub(super) fn rewrite_events(&mut self, parts: &[(usize, usize)]) -> io::Result<bool> {
        let aside = self.dir.join("events.tmp");
        let written = (|| {
            let mut new = private().create(true).truncate(true).open(&aside)?;
            for (offset, size) in parts {
                new.write_all(&read_at(&mut self.events, *offset, *size)?)?;
            }
            new.sync_all()?;
            fs::rename(&aside, self.dir.join("events"))?;
            Ok(new)
        })();
        match written {
            Ok(new) => self.events = new,
            Err(error) => {
                let _ = fs::remove_file(&aside);
                return Err(error);
            }
        }
        Ok(sync_directory(&self.dir).is_ok())
    }

    pub(super) fn move_mark(&mut self, value: u64) -> io::Result<()> {
        write_at(&mut self.position, self.mark.next * SLOT, &Mark::slot(value))?;
        self.position.sync_all()?;
        self.mark = self.mark.moved(value);
        Ok(())
    }

    pub(super) fn write_letter(&mut self, offset: usize, line: &[u8]) -> io::Result<()> {
        write_at(&mut self.letters, offset, line)?;
        self.letters.sync_all()
    }

    pub(super) fn take_letter_back(&mut self, end: usize) -> io::Result<()> {
        self.letters.set_len(end as u64)
    }
}

fn make_private(dir: &Path) -> io::Result<()> {
    let mut builder = DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(dir)
}

fn private() -> OpenOptions {
    let mut options = OpenOptions::new();
    options.read(true).write(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options
}

fn open(dir: &Path, name: &str) -> io::Result<File> {
    private().create(true).truncate(false).open(dir.join(name))
}

fn whole(file: &mut File) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    file.seek(SeekFrom::Start(0))?;
    file.read_to_end(&mut bytes)?;
    Ok(bytes)
}

fn write_at(file: &mut File, offset: usize, bytes: &[u8]) -> io::Result<()> {
    file.seek(SeekFrom::Start(offset as u64))?;
    file.write_all(bytes)
}

fn read_at(file: &mut File, offset: usize, size: usize) -> io::Result<Vec<u8>> {
    let mut bytes = vec![0; size];
    file.seek(SeekFrom::Start(offset as u64))?;
    file.read_exact(&mut bytes)?;
    Ok(bytes)
}

fn sync_directory(dir: &Path) -> io::Result<()> {
    File::open(dir)?.sync_all()
}
