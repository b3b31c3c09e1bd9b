namespace PSSharedMemory;

/// <summary>
/// The condition that made a call fail. The names are the error ids that scripts see in
/// <c>FullyQualifiedErrorId</c>; they never change.
/// </summary>
public enum ShmErrorId : long
{
    /// <summary>Anything without an id of its own: the function and errno say what.</summary>
    NativeCallFailed,

    /// <summary>No segment has that name, id or key.</summary>
    SegmentNotFound,

    /// <summary>A segment of that name or key exists already.</summary>
    SegmentExists,

    /// <summary>Somebody holds the segment.</summary>
    SegmentInUse,

    /// <summary>What has the name or id now is not the segment that was listed.</summary>
    IdentityChanged,

    /// <summary>The kernel doesn't allow this user to do it.</summary>
    AccessDenied,

    /// <summary>The name is not one that a segment can have.</summary>
    InvalidName,

    /// <summary>The key isn't a System V key.</summary>
    InvalidKey,

    /// <summary>The size in bytes is not one that a segment can have.</summary>
    InvalidSize,

    /// <summary>The text or number isn't a file mode.</summary>
    InvalidMode,

    /// <summary>The address isn't aligned, or isn't a user address.</summary>
    InvalidAddress,

    /// <summary>The offset is not aligned.</summary>
    InvalidOffset,

    /// <summary>The existing segment is smaller than asked.</summary>
    SizeMismatch,

    /// <summary>Something is mapped at the address.</summary>
    AddressInUse,

    /// <summary>A limit of the kernel or of the process was reached; the message says which.</summary>
    LimitReached,

    /// <summary>/dev/shm, memory or the pool of huge pages is exhausted.</summary>
    NoSpace,

    /// <summary>The range reaches beyond the mapping.</summary>
    OutOfRange,

    /// <summary>The page was unmapped: a hole.</summary>
    PageNotMapped,

    /// <summary>The page does not allow the access.</summary>
    PageProtected,

    /// <summary>Another process made the object smaller.</summary>
    SegmentTruncated,

    /// <summary>The bytes there aren't the structure that was expected.</summary>
    InvalidStructure,

    /// <summary>The mapping was dismounted or replaced.</summary>
    MappingDismounted,

    /// <summary>This kind of segment cannot do it; the message names what can.</summary>
    NotSupportedByKind,

    /// <summary>A C declaration has an error; the message says the line and column.</summary>
    InvalidDefinition,

    /// <summary>The time ran out before what was waited for came.</summary>
    WaitTimeout,

    /// <summary>The lock's owner died while holding it; the caller now holds the lock.</summary>
    OwnerDied,

    /// <summary>The lock was abandoned and can never be taken again.</summary>
    NotRecoverable,

    /// <summary>This platform lacks these calls.</summary>
    PlatformNotSupported,
}
