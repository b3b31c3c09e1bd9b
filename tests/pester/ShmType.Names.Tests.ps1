#requires -Version 7.4
# Types as people have them: names of other systems, headers of the kernel, structs in network order.

BeforeAll {
    Import-Module ([System.IO.Path]::Combine($PSScriptRoot, '..', '..', 'out', 'PSSharedMemory'))
    $name = "/pst-names-$PID"
    function Get-Failure([scriptblock] $Script) {
        try { & $Script } catch { return $_ }
    }
}

Describe 'Types as people have them' {
    It 'knows <Declaration>' -ForEach @(
        @{
            Declaration = 'DWORD a; WORD b; BYTE c; BOOL d; WCHAR e[4]; LONG f; ULONGLONG g; HANDLE h; LPVOID i;'
            Size = 48
        }
        @{ Declaration = 'LARGE_INTEGER a; FILETIME b; SYSTEMTIME c; GUID d; __int64 e; SIZE_T f; TCHAR g;'; Size = 72 }
        @{ Declaration = 'uint8 a; int16 b; float32 c; float64 d; byte e; u32 f; i64 g;'; Size = 32 }
        @{ Declaration = 'guint8 a; gint64 b; gboolean c; gpointer d; quint16 e; qreal f;'; Size = 48 }
        @{
            Declaration = '__u8 a; __aligned_u64 b; __virtio16 c; __kernel_off_t d; atomic_t e; __kernel_sa_family_t f;'
            Size = 40
        }
        @{
            Declaration = 'struct iovec a; struct sockaddr_in b; struct in6_addr c; struct itimerspec d; cpu_set_t e; struct ipc_perm f;'
            Size = 256
        }
        @{ Declaration = 'char a; __declspec(align(16)) int b;'; Size = 32 }
    ) {
        (New-ShmType "struct s { $Declaration };").Size | Should -Be $Size
    }

    It 'lays out of a header what -Name needs, whatever else is in it' {
        $text = @'
#include <linux/nowhere.h>
struct before { unknown_thing_t x; };
#error "not for this machine"
template <typename T> struct box { T t; };
static inline int helper(unknown_thing_t *t) { if (t) { return 1; } return 0; }
struct wanted { int a; struct before *pointer; };
typedef struct { mystery m; } alias_t;
struct needs { int n; struct before b; };
'@
        (New-ShmType $text -Name wanted).Size | Should -Be 16
        foreach ($broken in 'before', 'needs') {
            $failure = Get-Failure { New-ShmType $text -Name $broken -ErrorAction Stop }
            $failure.FullyQualifiedErrorId | Should -BeLike 'InvalidDefinition,*'
            "$($failure.Exception.Line):$($failure.Exception.Column)" | Should -Be '2:17'
        }

        (Get-Failure { New-ShmType $text -Name alias_t -ErrorAction Stop }).Exception.Line | Should -Be 7
        (Get-Failure { New-ShmType $text -ErrorAction Stop }).FullyQualifiedErrorId |
            Should -BeLike 'InvalidDefinition,*'
    }

    It 'reads <Header> of the kernel' -ForEach @(
        @{ Header = 'if_packet.h'; Struct = 'tpacket3_hdr'; Size = 48 }
        @{ Header = 'tcp.h'; Struct = 'tcphdr'; Size = 20 }
        @{ Header = 'perf_event.h'; Struct = 'perf_event_mmap_page'; Size = 1088 }
    ) {
        $path = "/usr/include/linux/$Header"
        if (-not (Test-Path $path)) { Set-ItResult -Skipped -Because "$path is not on this machine" }
        (Get-Content $path | New-ShmType -Name $Struct).Size | Should -Be $Size
    }

    It 'lays out classes of C++ with a base' {
        $type =
            New-ShmType 'struct base { int id; short kind; }; struct derived : public base { short more; std::pair<int, char> p; std::bitset<70> bits; };'
        $type.Fields.Name | Should -Be 'id', 'kind', 'more', 'p', 'bits'
        $type.Size | Should -Be 40
        (Get-Failure { New-ShmType 'struct s { int a; std::shared_mutex m; };' -ErrorAction Stop }).Exception.Column |
            Should -Be 24
    }

    It 'ends a text that would take days' {
        $bomb = (0..40 | ForEach-Object { "#define M$($_ + 1) M$_ M$_ M$_" }) -join "`n"
        $clock = [System.Diagnostics.Stopwatch]::StartNew()
        (Get-Failure {
            New-ShmType "#define M0 int`n$bomb`nstruct s { M41 a; };" -ErrorAction Stop
        }).FullyQualifiedErrorId |
            Should -BeLike 'InvalidDefinition,*'
        # All of it would take days.
        $clock.Elapsed.TotalSeconds | Should -BeLessThan 10
    }
}

Describe 'Byte order' {
    BeforeEach { $mapping = New-ShmSegment $name -Size 4KB -Mount }

    AfterEach {
        $mapping.Dispose()
        Remove-ShmSegment $name
    }

    It 'is that of the name of a type' {
        $type =
            New-ShmType 'struct w { __be32 width; __le16 depth; __be16 ports[2]; __be64 total; struct in_addr from; };'
        perl -e 'open F, "+<", "/dev/shm" . $ARGV[0]; syswrite F, pack("N v n n x6 Q> N", 640, 24, 80, 443, 1 << 40, 0x7F000001)' $name
        $type.Fields.Offset | Should -Be 0, 4, 6, 16, 24
        $read = Read-ShmData $mapping -As $type
        "$($read.width) $($read.depth) $($read.ports) $($read.total) $('{0:x}' -f $read.from.s_addr)" |
            Should -Be '640 24 80 443 1099511627776 7f000001'
        Write-ShmData $mapping @{ width = 641; ports = 1, 2 } -As $type
        perl -e 'open F, "<", "/dev/shm" . $ARGV[0]; sysread F, $_, 10; print join " ", unpack "N v n n", $_' $name |
            Should -Be '641 24 1 2'
        Read-ShmData $mapping -As __be32 | Should -Be 641
    }

    It 'is asked for a whole struct' {
        $type =
            New-ShmType 'struct h { unsigned short kind; unsigned length; double ratio; unsigned char raw[3]; char name[5]; __le32 fixed; enum { One = 1, Two } e; };'
        $bytes = perl -e 'print join ",", unpack "C*", pack("n x2 N d> C3 a5 V N", 3, 70000, 0.5, 1, 2, 3, "abc", 9, 2)'
        Write-ShmData $mapping ([byte[]]($bytes -split ','))
        $read = Read-ShmData $mapping -As $type -ByteOrder BigEndian
        "$($read.kind) $($read.length) $($read.ratio) $($read.raw) $($read.name) $($read.fixed) $($read.e)" |
            Should -Be '3 70000 0.5 1 2 3 abc 9 Two'
        Write-ShmData $mapping $read -As $type -ByteOrder BigEndian -Offset 64
        (Read-ShmData $mapping -Offset 64 -Count $type.Size) -join ' ' |
            Should -Be ((Read-ShmData $mapping -Count $type.Size) -join ' ')
        Read-ShmData $mapping -As $type -Field length -ByteOrder BigEndian | Should -Be 70000
    }

    It 'begins with the first bit of bit-fields' {
        # The first byte of an IPv4 header on the wire: version 4, header length 5.
        $type =
            New-ShmType 'struct ip { unsigned char version : 4, ihl : 4; unsigned char tos; unsigned short length; };'
        Write-ShmData $mapping ([byte[]](0x45, 0, 0, 84))
        $read = Read-ShmData $mapping -As $type -ByteOrder BigEndian
        "$($read.version) $($read.ihl) $($read.length)" | Should -Be '4 5 84'
        Write-ShmData $mapping @{ ihl = 6 } -As $type -ByteOrder BigEndian
        (Read-ShmData $mapping -Count 1)[0] | Should -Be 0x46
    }
}

Describe 'Real numbers' {
    BeforeEach {
        $mapping = New-ShmSegment $name -Size 4KB -Mount
        $type = New-ShmType 'struct reals { _Float16 half; float one; long double ten; _Float16 three[3]; _Float128 wide; };'
    }

    AfterEach {
        $mapping.Dispose()
        Remove-ShmSegment $name
    }

    It 'come back from JSON' {
        Write-ShmData $mapping @{ half = 1.5; one = 0.1; ten = -0.1; three = 1, 2, 65504; wide = 1e300 } -As $type
        $json = Read-ShmData $mapping -As $type | ConvertTo-Json
        Clear-ShmData $mapping
        $json | ConvertFrom-Json | Write-ShmData $mapping -As $type
        $read = Read-ShmData $mapping -As $type
        $read.half + 1 | Should -Be 2.5
        $read.ten | Should -Be -0.1
        $read.three | Should -Be 1, 2, 65504
        $read.wide | Should -Be 1e300
        Read-ShmData $mapping -As $type | ConvertTo-Json | Should -Be $json
    }

    # The bytes are what gcc makes of the same digits.
    It 'are <Given> as long double: <Bytes>' -ForEach @(
        @{ Given = '0.1'; Bytes = 'CDCCCCCCCCCCCCCCFB3F' }
        @{ Given = 0.1; Bytes = '00D0CCCCCCCCCCCCFB3F' }
        @{ Given = 0.1d; Bytes = 'CDCCCCCCCCCCCCCCFB3F' }
        @{ Given = 18446744073709551615; Bytes = 'FFFFFFFFFFFFFFFF3E40' }
        @{ Given = -79228162514264337593543950335d; Bytes = '00000000000000805FC0' }
        @{ Given = '1e4932'; Bytes = 'CDF67E5CA9B22CD7FE7F' }
        @{ Given = '-1e-4950'; Bytes = '03000000000000000080' }
    ) {
        Write-ShmData $mapping @{ ten = $Given } -As $type
        [Convert]::ToHexString((Read-ShmData $mapping -Offset 16 -Count 10)) | Should -Be $Bytes
    }

    It 'are refused where they do not fit: <Field> = <Given>' -ForEach @(
        @{ Field = 'ten'; Given = '1e4933' }
        @{ Field = 'ten'; Given = '1e99999' }
        @{ Field = 'one'; Given = '1e400' }
        @{ Field = 'half'; Given = 65520 }
        @{ Field = 'ten'; Given = 'ten' }
    ) {
        $failure = Get-Failure { Write-ShmData $mapping @{ $Field = $Given } -As $type -ErrorAction Stop }
        $failure.FullyQualifiedErrorId |
            Should -Be 'OutOfRange,PSSharedMemory.Commands.WriteShmDataCommand'
        (Read-ShmData $mapping) -ne 0 | Should -BeNullOrEmpty
    }

    It 'leave the padding of a long double alone, and take its bytes' {
        Write-ShmData $mapping ([byte[]] (, 0x5a * 64))
        Write-ShmData $mapping @{ ten = 1 } -As $type
        (Read-ShmData $mapping -Offset 26 -Count 6) -ne 0x5a | Should -BeNullOrEmpty
        $bytes = Read-ShmData $mapping -Offset 16 -Count 16
        Write-ShmData $mapping @{ ten = 0 } -As $type
        Write-ShmData $mapping @{ ten = $bytes } -As $type
        (Read-ShmData $mapping -As $type).ten | Should -Be 1
    }
}

Describe 'Pointers and integers of 128 bits' {
    It 'come back <From>' -ForEach @(
        @{ From = 'from JSON'; Through = { $args[0] | ConvertTo-Json | ConvertFrom-Json } }
        @{
            From = 'from a job'
            Through = {
                [System.Management.Automation.PSSerializer]::Deserialize(
                    [System.Management.Automation.PSSerializer]::Serialize($args[0]))
            }
        }
    ) {
        $mapping = New-ShmSegment $name -Size 4KB -Mount
        $type = New-ShmType 'struct wide { void *at; void *all[2]; unsigned __int128 big; __int128 small; };'
        $values = @{ at = 0x7f00; all = 1, [ulong]::MaxValue; big = [bigint]::Pow(2, 127); small = -5 }
        Write-ShmData $mapping $values -As $type
        $bytes = Read-ShmData $mapping
        $bytes -ne 0 | Should -Not -BeNullOrEmpty
        $read = & $Through (Read-ShmData $mapping -As $type)
        Clear-ShmData $mapping
        $read | Write-ShmData $mapping -As $type
        [Convert]::ToHexString((Read-ShmData $mapping)) | Should -Be ([Convert]::ToHexString($bytes))
        $mapping.Dispose()
        Remove-ShmSegment $name
    }
}

Describe 'Bit-fields of char' {
    It 'are numbers, also as text of one digit' {
        $mapping = New-ShmSegment $name -Size 4KB -Mount
        $type = New-ShmType 'struct small { char seven : 7; char letter; };'
        Write-ShmData $mapping ([pscustomobject] @{ seven = '5'; letter = '5' }) -As $type
        $read = Read-ShmData $mapping -As $type
        $read.seven | Should -Be 5
        $read.letter | Should -Be ([char] '5')
        $mapping.Dispose()
        Remove-ShmSegment $name
    }
}

Describe 'Fields' {
    BeforeEach {
        $mapping = New-ShmSegment $name -Size 4KB -Mount
        $type =
            New-ShmType 'struct order { int id; unsigned valid; long long total; enum { Idle, Busy } state; short small; int bit : 3; char text[8]; __be32 wire; };'
        Write-ShmData $mapping @{ id = 7; valid = 1; total = 5; text = 'abc'; wire = 9 } -As $type -Offset 16
    }

    AfterEach {
        $mapping.Dispose()
        Remove-ShmSegment $name
    }

    It 'are read several at once' {
        $read = Read-ShmData $mapping -As $type -Offset 16 -Field id, text, wire
        $read.PSObject.Properties.Name | Should -Be 'id', 'text', 'wire'
        "$($read.id) $($read.text) $($read.wire)" | Should -Be '7 abc 9'
        { Read-ShmData $mapping -As $type -Field id, nothing -ErrorAction Stop } | Should -Throw -ErrorId 'OutOfRange*'
    }

    It 'come in a record that bears the name of its type' {
        (Read-ShmData $mapping -As $type -Offset 16).PSObject.TypeNames[0] | Should -BeExactly 'ShmType#order'
    }

    It 'are updated and waited for by name' {
        Update-ShmValue $mapping -As $type -Offset 16 -Field total -Add 37 | Should -Be 5
        Read-ShmData $mapping -Offset 24 -As Int64 | Should -Be 42
        Update-ShmValue $mapping 16 -As $type -Field state -Exchange 1 | Should -Be 0
        (Read-ShmData $mapping -As $type -Offset 16 -Field state).ToString() | Should -Be 'Busy'
        Wait-ShmValue $mapping -As $type -Offset 16 -Field valid -Equal 1 -TimeoutSec 1 | Should -BeOfType ([uint32])
        { Wait-ShmValue $mapping -As $type -Offset 16 -Field id -Equal 8 -TimeoutSec 0 -ErrorAction Stop } |
            Should -Throw -ErrorId 'WaitTimeout*'
    }

    It 'are refused where they cannot be used atomically: <_>' -ForEach 'small', 'bit', 'text', 'wire' {
        { Update-ShmValue $mapping -As $type -Field $_ -Add 1 -ErrorAction Stop } |
            Should -Throw -ErrorId 'NotSupportedByKind*'
    }

    It 'are refused without a type, and where there are none' {
        { Update-ShmValue $mapping -Field id -Add 1 -ErrorAction Stop } | Should -Throw -ErrorId 'OutOfRange*'
        { Update-ShmValue $mapping -As $type -Field nothing -Add 1 -ErrorAction Stop } |
            Should -Throw -ErrorId 'OutOfRange*'
        { Update-ShmValue $mapping -As $type -Add 1 -ErrorAction Stop } |
            Should -Throw -ErrorId 'ParameterArgumentValidationError*'
    }
}
