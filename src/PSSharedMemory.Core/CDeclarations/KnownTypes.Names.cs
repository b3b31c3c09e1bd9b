namespace PSSharedMemory.CDeclarations;

/// <summary>This part: names for the same numbers in kernels, Windows and toolkits.</summary>
internal sealed partial class KnownTypes
{
    /// <summary>linux/types.h and asm/posix_types.h.</summary>
    private void AddKernel()
    {
        AddOrdered("16", UnsignedShort);
        AddOrdered("32", UnsignedInt);
        AddOrdered("64", UnsignedLongLong);
        Add(UnsignedShort.Variant(name: "__sum16", bigEndian: true), "__sum16");
        Add(UnsignedInt.Variant(name: "__wsum", bigEndian: true), "__wsum");
        Add(UnsignedShort, "__virtio16", "__kernel_sa_family_t");
        Add(UnsignedInt, "__virtio32", "__poll_t", "__kernel_mode_t", "__kernel_uid_t", "__kernel_gid_t");
        Add(UnsignedInt, "__kernel_uid32_t", "__kernel_gid32_t", "fmode_t", "gfp_t");
        Add(UnsignedLongLong, "__virtio64");
        Add(UnsignedLongLong.Variant(), "__aligned_u64");
        Add(LongLong.Variant(), "__aligned_s64");
        Add(
            Int, "__kernel_pid_t", "__kernel_timer_t", "__kernel_clockid_t", "__kernel_ipc_pid_t", "__kernel_daddr_t",
            "__kernel_rwf_t", "__kernel_key_t");
        Add(Long, "__kernel_long_t", "__kernel_ssize_t", "__kernel_ptrdiff_t", "__kernel_off_t", "__kernel_old_time_t");
        Add(Long, "__kernel_clock_t", "__kernel_suseconds_t", "__kernel_time_t");
        Add(LongLong, "__kernel_loff_t", "__kernel_time64_t");
        Add(UnsignedLong, "__kernel_ulong_t", "__kernel_size_t", "__kernel_ino_t");
        Add(UnsignedShort, "__kernel_old_uid_t", "__kernel_old_gid_t", "__kernel_uid16_t", "__kernel_gid16_t");
        Add(UnsignedLong, "__kernel_old_dev_t", "phys_addr_t", "dma_addr_t", "resource_size_t", "sector_t");
        Add(UnsignedShort, "umode_t");
        Add(Int128, "__s128");
        Add(UnsignedInt128, "__u128");
        Add(Int, "__int32_t", "__clockid_t", "__key_t", "__daddr_t");
        Add(UnsignedInt, "__uint32_t", "__uid_t", "__gid_t", "__mode_t", "__id_t", "__socklen_t", "__useconds_t");
        Add(SignedChar, "__int8_t");
        Add(UnsignedChar, "__uint8_t");
        Add(Short, "__int16_t");
        Add(UnsignedShort, "__uint16_t");
        Add(
            Long, "__int64_t", "__off64_t", "__clock_t", "__suseconds_t", "__ssize_t", "__syscall_slong_t",
            "__blkcnt_t", "__intptr_t");
        Add(
            UnsignedLong, "__uint64_t", "__ino_t", "__dev_t", "__rlim_t", "__syscall_ulong_t", "__fsblkcnt_t",
            "__fsfilcnt_t", "__size_t");
        Add(VoidPointer, "timer_t", "__timer_t");
    }

    /// <summary>__le16, __be16 and __aligned_be64 have a fixed byte order on any host.</summary>
    private void AddOrdered(string bits, ShmType number)
    {
        foreach (var (order, big) in ((string, bool)[])[("le", false), ("be", true)])
        {
            var ordered = number.Variant(name: $"__{order}{bits}", bigEndian: big);
            Add(ordered, $"__{order}{bits}", $"{order}{bits}");
            if (bits == "64")
            {
                Add(ordered.Variant(), $"__aligned_{order}64");
            }
        }
    }

    /// <summary>Names that many headers define themselves, and that other languages have.</summary>
    private void AddShortNames()
    {
        Add(SignedChar, "int8", "sbyte", "i8", "__int8");
        Add(UnsignedChar, "uint8", "byte");
        Add(Short, "int16", "i16", "__int16");
        Add(UnsignedShort, "uint16", "word");
        Add(Int, "int32", "i32", "__int32");
        Add(UnsignedInt, "uint32", "dword");
        Add(Long, "int64", "i64");
        Add(UnsignedLong, "uint64", "qword");
        Add(LongLong, "longlong", "__int64");
        Add(UnsignedLongLong, "ulonglong");
        Add(Half, "float16", "f16");
        Add(Float, "float32", "float32_t", "f32");
        Add(Double, "float64", "float64_t", "f64");
    }

    /// <summary>windef.h, winnt.h and basetsd.h. A LONG is 32 bits there, and a character of wide text 16.</summary>
    private void AddWindows()
    {
        Add(Char, "CHAR", "CCHAR");
        Add(Char16, "WCHAR", "OLECHAR");
        Add(SignedChar, "INT8");
        Add(UnsignedChar, "BYTE", "UCHAR", "BOOLEAN", "UINT8");
        Add(Short, "SHORT", "INT16", "VARIANT_BOOL");
        Add(UnsignedShort, "WORD", "USHORT", "UINT16", "ATOM", "LANGID");
        Add(Int, "INT", "LONG", "INT32", "LONG32", "BOOL", "HRESULT", "NTSTATUS", "HFILE", "__time32_t");
        Add(UnsignedInt, "DWORD", "UINT", "ULONG", "UINT32", "ULONG32", "DWORD32", "COLORREF", "LCID", "ACCESS_MASK");
        Add(LongLong, "LONGLONG", "INT64", "LONG64", "__time64_t", "USN");
        Add(UnsignedLongLong, "DWORDLONG", "ULONGLONG", "UINT64", "ULONG64", "DWORD64", "QWORD");
        Add(Long, "INT_PTR", "LONG_PTR", "SSIZE_T", "LPARAM", "LRESULT");
        Add(UnsignedLong, "UINT_PTR", "ULONG_PTR", "DWORD_PTR", "SIZE_T", "WPARAM", "KAFFINITY");
        Add(Float, "FLOAT");
        Add(Double, "DOUBLE", "DATE");
        Add(
            VoidPointer, "HANDLE", "HWND", "HINSTANCE", "HMODULE", "HKEY", "HDC", "HICON", "HCURSOR", "HBRUSH",
            "HBITMAP", "HGLOBAL");
        Add(
            VoidPointer, "PVOID", "LPVOID", "LPCVOID", "PVOID64", "LPSTR", "LPCSTR", "LPWSTR", "LPCWSTR", "LPTSTR",
            "LPCTSTR", "PSTR", "PWSTR", "PCSTR", "PCWSTR");
        Add(
            VoidPointer, "PBYTE", "LPBYTE", "PWORD", "LPWORD", "PDWORD", "LPDWORD", "PLONG", "LPLONG", "PULONG",
            "PUCHAR", "PBOOL", "LPBOOL", "PHANDLE", "LPHANDLE", "FARPROC");
    }

    /// <summary>glib.h and qglobal.h.</summary>
    private void AddToolkits()
    {
        Add(Char, "gchar");
        Add(SignedChar, "gint8", "qint8");
        Add(UnsignedChar, "guchar", "guint8", "quint8");
        Add(Short, "gshort", "gint16", "qint16");
        Add(UnsignedShort, "gushort", "guint16", "gunichar2", "quint16");
        Add(Int, "gint", "gint32", "gboolean", "qint32", "GPid");
        Add(UnsignedInt, "guint", "guint32", "gunichar", "GQuark", "quint32", "QRgb");
        Add(Long, "glong", "gint64", "gssize", "goffset", "gintptr", "qintptr", "qptrdiff", "qsizetype");
        Add(UnsignedLong, "gulong", "guint64", "gsize", "guintptr", "GType", "quintptr");
        Add(LongLong, "qint64", "qlonglong");
        Add(UnsignedLongLong, "quint64", "qulonglong");
        Add(Float, "gfloat");
        Add(Double, "gdouble", "qreal");
        Add(VoidPointer, "gpointer", "gconstpointer");
    }
}
