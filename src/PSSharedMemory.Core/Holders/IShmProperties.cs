namespace PSSharedMemory;

/// <summary>
/// The properties of an object that has travelled: by remoting, as JSON or CSV. A value may have become text or another
/// number type on the way.
/// </summary>
public interface IShmProperties
{
    /// <summary>A property's value as the type has it; the type's default where there is none.</summary>
    T ValueOf<T>(string name);
}
