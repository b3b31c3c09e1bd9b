namespace PSSharedMemory.Commands;

/// <summary>
/// A System V key as users write it: an integer, or '0x…'. Parameters take it as text, which PowerShell makes of any
/// number, so that the cmdlet says InvalidKey and not the parameter binder.
/// </summary>
internal static class KeyArgument
{
    /// <summary>The key.</summary>
    /// <exception cref="ShmException">InvalidKey.</exception>
    public static int Parse(string? text) => text == "IPC_PRIVATE" ? 0
        : SysVKey.TryParse(text ?? "", out var key) ? key
        : throw new ShmException(
            ShmErrorId.InvalidKey,
            SysVKey.TryParse($"0x{text}", out _) ? $"'{text}' isn't a key. Did you mean 0x{text}?"
                : $"'{text}' isn't a key. Use a 32-bit integer, such as 4660 or '0x1234'.",
            text);

    /// <summary>"key 0x00001234", or as given.</summary>
    public static string Label(string? text) =>
        SysVKey.TryParse(text ?? "", out var key) ? $"key {SysVKey.ToText(key)}" : $"key {text}";
}
