namespace PSSharedMemory;

/// <summary>What an origin was told by.</summary>
public enum ShmOriginCertainty : long
{
    /// <summary>By nothing: the origin is not known.</summary>
    Unknown,

    /// <summary>By its name alone, which any program can give.</summary>
    Name,

    /// <summary>By its System V key alone, which any program can use.</summary>
    Key,

    /// <summary>By what it begins with.</summary>
    Magic,

    /// <summary>
    /// By the names of the processes that hold it, where it has none itself. Any program can be called so.
    /// </summary>
    Holder,
}
