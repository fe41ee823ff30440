//! The file layer that lets SQLite work on a [`Disk`]: it passes everything on to the operating system's, and tells the
//! disk of what changes files.

#![expect(
    unsafe_code,
    reason = "SQLite takes a file layer as a table of C functions"
)]

use std::ffi::{CStr, CString, OsStr, c_char, c_int, c_void};
use std::os::unix::ffi::OsStrExt;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use rusqlite::ffi;

use crate::disk::{Disk, Failure};

/// A registered file layer over one disk. Whatever uses it has to be closed before this is dropped.
pub(crate) struct Vfs {
    vfs: Box<ffi::sqlite3_vfs>,
    name: CString,
    context: Box<Context>,
}

struct Context {
    real: *mut ffi::sqlite3_vfs,
    disk: Arc<Disk>,
}

impl Vfs {
    pub(crate) fn register(disk: &Arc<Disk>) -> Self {
        static REGISTERED: AtomicU32 = AtomicU32::new(0);
        let number = REGISTERED.fetch_add(1, Ordering::Relaxed);
        let name = CString::new(format!("losing-{number}")).unwrap();
        // SAFETY: null asks for the default file layer, of which there always is one.
        let real = unsafe { ffi::sqlite3_vfs_find(std::ptr::null()) };
        let context = Box::new(Context {
            real,
            disk: Arc::clone(disk),
        });
        // SAFETY: the default file layer is registered for good, so the pointer is valid; its type is plain data.
        let mut vfs = Box::new(unsafe { *real });
        // What is not replaced does not look at which file layer it is called for.
        vfs.szOsFile = size_of::<File>() as c_int;
        vfs.pNext = std::ptr::null_mut();
        vfs.zName = name.as_ptr();
        vfs.pAppData = std::ptr::from_ref::<Context>(&context).cast_mut().cast();
        vfs.xOpen = Some(open);
        vfs.xDelete = Some(delete);
        let mut vfs = Self { vfs, name, context };
        // SAFETY: the table, its name and its context are in boxes that live until `drop` takes the table back.
        let code = unsafe { ffi::sqlite3_vfs_register(&raw mut *vfs.vfs, 0) };
        assert_eq!(code, ffi::SQLITE_OK);
        vfs
    }

    pub(crate) fn name(&self) -> &str {
        self.name.to_str().unwrap()
    }

    pub(crate) fn disk(&self) -> &Disk {
        &self.context.disk
    }
}

impl Drop for Vfs {
    fn drop(&mut self) {
        // SAFETY: it was registered with this pointer, and no connection uses it any more.
        unsafe { ffi::sqlite3_vfs_unregister(&raw mut *self.vfs) };
    }
}

/// What SQLite knows as an open file. It allocates the space, and `open` fills it in.
#[repr(C)]
struct File {
    base: ffi::sqlite3_file,
    handle: *mut Handle,
}

struct Handle {
    disk: Arc<Disk>,
    /// The file's number on the disk; temporary files are not on it.
    inode: Option<usize>,
    /// Whether SQLite syncs the folder with the file's first sync: it does for what it creates beside the database.
    syncs_name: bool,
    /// The space for the real file layer's own structure.
    real: Box<[u64]>,
}

impl Handle {
    fn real(&mut self) -> *mut ffi::sqlite3_file {
        self.real.as_mut_ptr().cast()
    }
}

/// # Safety
/// As [`ffi::sqlite3_vfs::xOpen`], with a table that [`Vfs::register`] made.
unsafe extern "C" fn open(
    vfs: *mut ffi::sqlite3_vfs,
    name: ffi::sqlite3_filename,
    file: *mut ffi::sqlite3_file,
    flags: c_int,
    out_flags: *mut c_int,
) -> c_int {
    // SAFETY: SQLite passes the table that was registered, whose context lives as long, and space for a `File`.
    let (context, file) = unsafe {
        (
            &*(*vfs).pAppData.cast::<Context>(),
            &mut *file.cast::<File>(),
        )
    };
    // Without methods SQLite does not close it.
    file.base.pMethods = std::ptr::null();
    // SAFETY: the real file layer is registered for good.
    let (size, real_open) = unsafe {
        (
            (*context.real).szOsFile as usize,
            (*context.real).xOpen.unwrap(),
        )
    };
    let mut handle = Box::new(Handle {
        disk: Arc::clone(&context.disk),
        inode: None,
        syncs_name: flags & (ffi::SQLITE_OPEN_WAL | ffi::SQLITE_OPEN_MAIN_JOURNAL) != 0,
        real: vec![0; size.div_ceil(8)].into(),
    });
    let real = handle.real();
    // SAFETY: the arguments are SQLite's, except for the file, for which there is as much space as is asked for.
    let real_open = || match unsafe { real_open(context.real, name, real, flags, out_flags) } {
        ffi::SQLITE_OK => Ok(ffi::SQLITE_OK),
        code => Err(code),
    };
    let code = if name.is_null() {
        real_open().unwrap_or_else(|code| code)
    } else {
        // SAFETY: SQLite's names are C strings.
        match context.disk.open(unsafe { path(name) }, real_open) {
            Ok((inode, code)) => {
                handle.inode = Some(inode);
                code
            }
            Err(Ok(_)) => ffi::SQLITE_CANTOPEN,
            Err(Err(code)) => code,
        }
    };
    if code == ffi::SQLITE_OK {
        file.handle = Box::into_raw(handle);
        file.base.pMethods = &raw const METHODS;
    }
    code
}

/// # Safety
/// As [`ffi::sqlite3_vfs::xDelete`], with a table that [`Vfs::register`] made.
unsafe extern "C" fn delete(
    vfs: *mut ffi::sqlite3_vfs,
    name: *const c_char,
    sync_folder: c_int,
) -> c_int {
    // SAFETY: SQLite passes the table that was registered, whose context lives as long, and a C string.
    let (context, path) = unsafe { (&*(*vfs).pAppData.cast::<Context>(), path(name)) };
    let deleted = context.disk.delete(path, sync_folder != 0, || {
        // SAFETY: the arguments are SQLite's, and the real file layer is registered for good.
        unsafe { (*context.real).xDelete.unwrap()(context.real, name, 0) }
    });
    deleted.unwrap_or(ffi::SQLITE_IOERR_DELETE)
}

/// # Safety
/// The name is a C string that outlives the result.
unsafe fn path<'n>(name: *const c_char) -> &'n Path {
    // SAFETY: as the caller promises.
    let name = unsafe { CStr::from_ptr(name) };
    Path::new(OsStr::from_bytes(name.to_bytes()))
}

/// What SQLite does with an open file. No version 3: files are not mapped into memory, as that is not seen here.
static METHODS: ffi::sqlite3_io_methods = ffi::sqlite3_io_methods {
    iVersion: 2,
    xClose: Some(close),
    xRead: Some(read),
    xWrite: Some(write),
    xTruncate: Some(truncate),
    xSync: Some(sync),
    xFileSize: Some(file_size),
    xLock: Some(lock),
    xUnlock: Some(unlock),
    xCheckReservedLock: Some(check_reserved_lock),
    xFileControl: Some(file_control),
    xSectorSize: Some(sector_size),
    xDeviceCharacteristics: Some(device_characteristics),
    xShmMap: Some(shm_map),
    xShmLock: Some(shm_lock),
    xShmBarrier: Some(shm_barrier),
    xShmUnmap: Some(shm_unmap),
    xFetch: None,
    xUnfetch: None,
};

/// # Safety
/// The file was opened by [`open`], and SQLite uses it from one thread at a time.
unsafe fn handle<'f>(file: *mut ffi::sqlite3_file) -> &'f mut Handle {
    // SAFETY: as the caller promises; `open` set the handle.
    unsafe { &mut *(*file.cast::<File>()).handle }
}

/// Calls the real file layer's method of the same name with the same arguments.
macro_rules! real {
    ($handle:expr, $method:ident $(, $argument:expr)*) => {{
        let real = $handle.real();
        // SAFETY: the real file layer opened this file, so it has methods; the arguments are SQLite's.
        unsafe { (*(*real).pMethods).$method.unwrap()(real $(, $argument)*) }
    }};
}

/// Methods that are passed on as they are.
macro_rules! pass_on {
    ($($name:ident = $method:ident($($argument:ident: $type:ty),*) -> $result:ty;)*) => {$(
        /// # Safety
        /// SQLite calls it as the method that it stands for, with a file that [`open`] opened.
        unsafe extern "C" fn $name(file: *mut ffi::sqlite3_file $(, $argument: $type)*) -> $result {
            // SAFETY: as the caller promises.
            let handle = unsafe { handle(file) };
            real!(handle, $method $(, $argument)*)
        }
    )*};
}

pass_on! {
    file_size = xFileSize(size: *mut ffi::sqlite3_int64) -> c_int;
    lock = xLock(level: c_int) -> c_int;
    unlock = xUnlock(level: c_int) -> c_int;
    check_reserved_lock = xCheckReservedLock(result: *mut c_int) -> c_int;
    file_control = xFileControl(operation: c_int, argument: *mut c_void) -> c_int;
    sector_size = xSectorSize() -> c_int;
    device_characteristics = xDeviceCharacteristics() -> c_int;
    shm_map = xShmMap(page: c_int, size: c_int, extend: c_int, at: *mut *mut c_void) -> c_int;
    shm_lock = xShmLock(offset: c_int, count: c_int, flags: c_int) -> c_int;
    shm_barrier = xShmBarrier() -> ();
    shm_unmap = xShmUnmap(delete: c_int) -> c_int;
}

/// # Safety
/// SQLite calls it once, for a file that [`open`] opened.
unsafe extern "C" fn close(file: *mut ffi::sqlite3_file) -> c_int {
    // SAFETY: `open` made the handle from a box, and SQLite does not use the file after this.
    let mut handle = unsafe { Box::from_raw((*file.cast::<File>()).handle) };
    real!(handle, xClose)
}

/// # Safety
/// SQLite calls it as [`ffi::sqlite3_io_methods::xRead`], with a file that [`open`] opened.
unsafe extern "C" fn read(
    file: *mut ffi::sqlite3_file,
    buffer: *mut c_void,
    length: c_int,
    offset: ffi::sqlite3_int64,
) -> c_int {
    // SAFETY: as the caller promises.
    let handle = unsafe { handle(file) };
    match handle.disk.read() {
        Ok(()) => real!(handle, xRead, buffer, length, offset),
        Err(_) => ffi::SQLITE_IOERR_READ,
    }
}

/// # Safety
/// SQLite calls it as [`ffi::sqlite3_io_methods::xWrite`], with a file that [`open`] opened.
unsafe extern "C" fn write(
    file: *mut ffi::sqlite3_file,
    buffer: *const c_void,
    length: c_int,
    offset: ffi::sqlite3_int64,
) -> c_int {
    // SAFETY: as the caller promises.
    let handle = unsafe { handle(file) };
    let Some(inode) = handle.inode else {
        return real!(handle, xWrite, buffer, length, offset);
    };
    let disk = Arc::clone(&handle.disk);
    // SAFETY: SQLite passes a buffer of this length.
    let data = unsafe { std::slice::from_raw_parts(buffer.cast(), length as usize) };
    let written = disk.write(inode, offset as usize, data, || {
        real!(handle, xWrite, buffer, length, offset)
    });
    written.unwrap_or_else(|failure| code_of(failure, ffi::SQLITE_IOERR_WRITE))
}

/// # Safety
/// SQLite calls it as [`ffi::sqlite3_io_methods::xTruncate`], with a file that [`open`] opened.
unsafe extern "C" fn truncate(file: *mut ffi::sqlite3_file, length: ffi::sqlite3_int64) -> c_int {
    // SAFETY: as the caller promises.
    let handle = unsafe { handle(file) };
    let Some(inode) = handle.inode else {
        return real!(handle, xTruncate, length);
    };
    let disk = Arc::clone(&handle.disk);
    let truncated = disk.truncate(inode, length as usize, || real!(handle, xTruncate, length));
    truncated.unwrap_or_else(|failure| code_of(failure, ffi::SQLITE_IOERR_TRUNCATE))
}

/// # Safety
/// SQLite calls it as [`ffi::sqlite3_io_methods::xSync`], with a file that [`open`] opened.
unsafe extern "C" fn sync(file: *mut ffi::sqlite3_file, _flags: c_int) -> c_int {
    // SAFETY: as the caller promises.
    let handle = unsafe { handle(file) };
    // The real files need not be synced: only the disk's word counts.
    match handle
        .inode
        .map(|inode| handle.disk.sync(inode, handle.syncs_name))
    {
        None | Some(Ok(())) => ffi::SQLITE_OK,
        Some(Err(failure)) => code_of(failure, ffi::SQLITE_IOERR_FSYNC),
    }
}

fn code_of(failure: Failure, otherwise: c_int) -> c_int {
    match failure {
        Failure::Full => ffi::SQLITE_FULL,
        Failure::Crashed | Failure::Broken => otherwise,
    }
}
