# Memory that no name leads to: shared anonymous memory over forks, memfds whose descriptor is closed, removed objects.
# The peer is Python with bare mmap(2), the witnesses are its own memory, /proc and df.

BeforeDiscovery { $noRoot = [Environment]::UserName -ne 'root' }

BeforeAll {
    Import-Module "$PSScriptRoot/../../out/PSSharedMemory"

    function Start-Peer {
        $start = [Diagnostics.ProcessStartInfo]::new('python3', [string[]] ('-c', @'
import ctypes, os, sys
libc = ctypes.CDLL(None, use_errno=True)
libc.mmap.restype = ctypes.c_void_p
libc.mmap.argtypes = [ctypes.c_void_p, ctypes.c_size_t, ctypes.c_int, ctypes.c_int, ctypes.c_int, ctypes.c_long]
def shared(size, text, fd=-1):
    at = libc.mmap(None, size, 3, 1 | (0x20 if fd < 0 else 0), fd, 0)
    ctypes.memmove(at, text, len(text))
    return at
def memfd(name, size):
    fd = os.memfd_create(name); os.ftruncate(fd, size); return fd
def posix(name, size):
    fd = os.open(name, os.O_RDWR | os.O_CREAT); os.ftruncate(fd, size); os.unlink(name); return fd
name = '/dev/shm/pst-nameless-%d' % os.getpid()
at = {'anonymous': shared(262144, b'anonymous')}
fd = memfd('pst-closed', 8192); at['closed'] = shared(8192, b'closed', fd); os.close(fd)
fd = memfd('pst-open', 8192); at['open'] = shared(8192, b'open', fd); print('open', fd)
fd = posix(name + '-gone', 12288); at['gone'] = shared(12288, b'gone', fd); os.close(fd)
fd = posix(name + '-only', 20480); os.write(fd, b'only'); print('only', fd)
child = os.fork()
if child == 0:
    ctypes.string_at(at['anonymous'], 9)
    import signal; signal.pause()
    os._exit(0)
print('child', child)
for key in at: print(key, at[key])
print('end', flush=True)
for line in sys.stdin:
    words = line.split()
    if words[0] == 'read': print(ctypes.string_at(at[words[1]], int(words[2])).decode(), flush=True)
    if words[0] == 'put': os.dup2(int(words[1]), int(words[2])); print('put', flush=True)
    if words[0] == 'split': print(libc.mprotect(ctypes.c_void_p(at[words[1]] + 4096), ctypes.c_size_t(4096), 1), flush=True)
    if words[0] == 'drop': print(libc.munmap(ctypes.c_void_p(at[words[1]]), ctypes.c_size_t(262144)), flush=True)
'@))
        $start.RedirectStandardInput = $start.RedirectStandardOutput = $true
        $process = [Diagnostics.Process]::Start($start)
        $peer = @{ Process = $process; Id = $process.Id }
        while (($line = $process.StandardOutput.ReadLine()) -ne 'end') {
            $key, $value = -split $line
            $peer[$key + $(if ($peer.ContainsKey($key)) { 'At' })] = [long] $value
        }
        $peer
    }

    function Stop-Peer($Peer) {
        Stop-Process -Id $Peer.child, $Peer.Id -Force -ErrorAction Ignore
        $Peer.Process.WaitForExit()
        # The child is not ours to wait for; it has ended when it maps nothing.
        $watch = [Diagnostics.Stopwatch]::StartNew()
        while ((Get-Content "/proc/$($Peer.child)/maps" -ErrorAction Ignore) -and $watch.Elapsed.TotalSeconds -lt 10) {
            Start-Sleep -Milliseconds 5
        }
    }

    function Send-Peer($Peer, $Line) {
        $Peer.Process.StandardInput.WriteLine($Line)
        $Peer.Process.StandardOutput.ReadLine()
    }
}

Describe 'Memory without a name' -Tag Root -Skip:$noRoot {
    BeforeAll {
        $peer = Start-Peer
        $held = Get-ShmAttachment -ProcessId $peer.Id
    }

    AfterAll {
        Stop-Peer $peer
    }

    It 'is told by who holds it, where an origin has such holders' {
        function Get-Origin {
            $rows = @(Get-ShmAttachment -ProcessId $peer.Id -Kind Anonymous | Where-Object Length -EQ 262144)
            "$($rows[0].Segment.Origin)"
        }
        $command = (Get-Content "/proc/$($peer.Id)/comm" -Raw).Trim()
        Get-Origin | Should -BeNullOrEmpty
        try {
            foreach ($holder in $command, "$($command.Substring(0, 4))*") {
                $origin = Register-ShmOrigin "held $PID" -Holder 'no-such-program', $holder -PassThru
                $origin.Holders[0] | Should -BeExactly 'no-such-program'
                Get-Origin | Should -BeExactly "held $PID (Holder)"
                Register-ShmOrigin "held $PID" -Holder "x$holder"
                Get-Origin | Should -BeNullOrEmpty
            }
        }
        finally { $null = [PSSharedMemory.ShmOrigins]::Unregister("held $PID") }
    }

    It 'is one segment over forks, with its share of each process' {
        $rows = @(Get-ShmAttachment -ProcessId $peer.Id, $peer.child -Kind Anonymous | Where-Object Length -EQ 262144)
        $rows.ProcessId | Sort-Object | Should -Be ($peer.Id, $peer.child | Sort-Object)
        $rows[0].Segment | Should -Be $rows[1].Segment
        $rows[0].Segment.Kind | Should -Be 'Anonymous'
        $rows[0].Segment.Name | Should -BeNullOrEmpty
        $rows[0].Segment.Label | Should -Match '^anonymous:\d+$'
        $rows[0].Segment.Size | Should -Be 262144
        ($rows | Measure-Object Pss -Sum).Sum | Should -Be 4096
        $stat = $rows[0] | Get-ShmStat
        $stat.HolderCount | Should -Be 2
        $stat.Verdict | Should -Be 'InUse'
        $stat.Allocated | Should -Be 4096
        @(Get-ShmStat -Kind Anonymous | Where-Object { $_.Equals($stat) }) | Should -HaveCount 1
        Find-ShmOrphan -OlderThan 0s -Kind Anonymous | Should -BeNullOrEmpty
    }

    It 'tells descriptor and length of <Which>' -ForEach @(
        @{ Which = 'a memfd that is mapped and open'; Label = 'memfd:pst-open'; Length = 8192; Key = 'open' }
        @{ Which = 'a memfd that is mapped only'; Label = 'memfd:pst-closed'; Length = 8192; Key = $null }
        @{ Which = 'a removed object that is open only'; Label = '*-only'; Length = 20480; Key = 'only' }
    ) {
        $row = @($held | Where-Object { $_.Segment.Label -like $Label })
        $row | Should -HaveCount 1
        $row[0].Length | Should -Be $Length
        $row[0].Descriptor | Should -Be $(if ($Key) { $peer[$Key] })
    }

    It 'is mounted, read and exported by its attachment: <Text>' -ForEach @(
        @{ Text = 'anonymous'; Label = 'anonymous:*' }
        @{ Text = 'closed'; Label = 'memfd:pst-closed' }
        @{ Text = 'gone'; Label = '*-gone' }
        @{ Text = 'only'; Label = '*-only' }
    ) {
        $row = @($held | Where-Object { $_.Segment.Label -like $Label -and $_.Length -ne 4096 })[0]
        $mapping = $row | Mount-ShmSegment
        $mapping.Protection | Should -Be 'Read'
        $mapping.Reader.ReadCString(0) | Should -Be $Text
        $mapping.Dispose()
        @(Get-ShmAttachment -ProcessId $PID | Where-Object { $_.Segment -eq $row.Segment }) | Should -HaveCount 0
        $row | Read-ShmData -Count $Text.Length -As String | Should -Be $Text
        $row.Segment | Read-ShmData -As CString | Should -Be $Text
        $row | Export-ShmSegment "$TestDrive/$Text.shm" -Force
        $bytes = [IO.File]::ReadAllBytes("$TestDrive/$Text.shm")
        $bytes.Length | Should -Be $row.Segment.Size
        [Text.Encoding]::ASCII.GetString($bytes, 0, $Text.Length) | Should -Be $Text
    }

    It 'is written where that is asked for' {
        $row = @($held | Where-Object { $_.Kind -eq 'Anonymous' -and $_.Length -eq 262144 })[0]
        $mapping = $row | Mount-ShmSegment -Protection Read, Write
        $mapping | Write-ShmData 'from outside' -Offset 64
        $mapping.Dispose()
        (Send-Peer $peer 'read anonymous 76').Substring(64) | Should -Be 'from outside'
    }

    It 'is mounted by process and address' {
        $mapping = Mount-ShmSegment -ProcessId $peer.Id -Address ($peer.anonymous + 4096)
        $mapping.Segment.Kind | Should -Be 'Anonymous'
        $mapping.Length | Should -Be 262144
        $mapping.Protection | Should -Be 'Read'
        $mapping.Dispose()
        { Mount-ShmSegment -ProcessId $peer.Id -Address 4096 -ErrorAction Stop } |
            Should -Throw -ErrorId 'SegmentNotFound*'
        { Mount-ShmSegment -ProcessId $peer.Id -Address $peer.anonymous -Replace -ErrorAction Stop } | Should -Throw
    }

    It 'is mounted by process and descriptor, though it is removed' {
        $mapping = Mount-ShmSegment -ProcessId $peer.Id -Descriptor $peer.only
        $mapping.Reader.ReadCString(0) | Should -Be 'only'
        $mapping.Segment.Status | Should -Be 'RemovalPending'
        $mapping.Dispose()
    }

    It 'is found again after its area was split' {
        $row = @($held | Where-Object { $_.Kind -eq 'Anonymous' -and $_.Length -eq 262144 })[0]
        Send-Peer $peer 'split anonymous' | Should -Be 0
        $row | Read-ShmData -Count 9 -As String | Should -Be 'anonymous'
    }

    It 'is found by a row that became JSON' {
        $row = @($held | Where-Object { $_.Kind -eq 'Anonymous' -and $_.Length -eq 262144 })[0]
        $row | Select-Object ProcessId, Address, Segment | ConvertTo-Json | ConvertFrom-Json |
            Read-ShmData -Count 9 -As String | Should -Be 'anonymous'
    }

    It 'has no size, name or key to change' {
        $row = @($held | Where-Object { $_.Kind -eq 'Anonymous' -and $_.Length -eq 262144 })[0]
        { $row | Resize-ShmSegment -Size 4096 -Force -ErrorAction Stop } | Should -Throw -ErrorId 'NotSupportedByKind*'
        { $row | Remove-ShmSegment -ErrorAction Stop } | Should -Throw -ErrorId 'NotSupportedByKind*'
    }

    It 'is never taken for what its holder has at that descriptor by now' {
        $other = Start-Peer
        try {
            $row = @(Get-ShmAttachment -ProcessId $other.Id | Where-Object Descriptor -EQ $other.only)[0]
            $row | Read-ShmData -Count 4 -As String | Should -BeExactly 'only'
            Send-Peer $other "put $($other.open) $($other.only)" | Should -Be 'put'
            { $row | Mount-ShmSegment -ErrorAction Stop } | Should -Throw -ErrorId 'SegmentNotFound*'
            { $row | Write-ShmData 7 -ErrorAction Stop } | Should -Throw -ErrorId 'SegmentNotFound*'
        }
        finally { Stop-Peer $other }
    }

    It 'is never taken for what another process has at that address' {
        $other = Start-Peer
        $row = @(Get-ShmAttachment -ProcessId $other.Id -Kind Anonymous | Where-Object Length -EQ 262144)[0]
        # The holder's own area goes, its child's is still there; then both are gone.
        Send-Peer $other 'drop anonymous' | Should -Be 0
        { $row | Mount-ShmSegment -ErrorAction Stop } | Should -Throw -ErrorId 'SegmentNotFound*'
        $all = @(Get-ShmAttachment -ProcessId $other.Id, $other.child -Kind Anonymous | Where-Object Length -EQ 262144)
        $all.ProcessId | Should -Be $other.child
        $all | Read-ShmData -Count 9 -As String | Should -Be 'anonymous'
        Stop-Peer $other
        { $all | Read-ShmData -Count 9 -As String -ErrorAction Stop } | Should -Throw -ErrorId 'SegmentNotFound*'
    }

    It 'is refused to a user who may not look, and says why' {
        . "$PSScriptRoot/ChildHost.ps1"
        $id = $peer.Id
        $at = $peer.anonymous
        $said = Invoke-ChildHost -Through 'setpriv', '--reuid', '65534', '--regid', '65534', '--clear-groups' @"
            try { Mount-ShmSegment -ProcessId $id -Address $at -ErrorAction Stop } catch { [Console]::WriteLine(`$_.FullyQualifiedErrorId) }
"@
        $said | Should -BeLike 'AccessDenied,*'
    }
}
