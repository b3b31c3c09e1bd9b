using System;

namespace PSSharedMemory;

/// <summary>Makes the objects that structs are read into. The library's own makes <see cref="ShmRecord"/>.</summary>
public class ShmRecordFactory
{
    internal static readonly ShmRecordFactory Default = new ShmRecordFactory();

    /// <summary>The type of the objects, for arrays of them.</summary>
    public virtual Type RecordType => typeof(ShmRecord);

    /// <summary>Makes one.</summary>
    /// <param name="type">The struct or union.</param>
    /// <param name="values">The values of its fields in order; the callee may keep the array.</param>
    public virtual object Create(ShmType type, object?[] values) => new ShmRecord(type, values);
}
