using System.Text;

namespace PSSharedMemory;

/// <summary>A text as C wants it.</summary>
internal static class CString
{
    /// <summary>The bytes in UTF-8, with a NUL behind.</summary>
    public static byte[] ToBytes(string text) => Encoding.UTF8.GetBytes(text + '\0');
}
