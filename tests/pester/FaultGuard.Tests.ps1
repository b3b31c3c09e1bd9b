# What the guard leaves alone: faults that are not ours, children, and handlers that others install. Witnesses:
# python3's mmap, the exit code of the process that dies.

BeforeDiscovery {
    $noPython = -not (Get-Command python3 -CommandType Application -ErrorAction Ignore)
}

BeforeAll {
    Import-Module "$PSScriptRoot/../../out/PSSharedMemory"
    . "$PSScriptRoot/ChildHost.ps1"
    $name = "/pst-fault-$PID"

    # Ends in SIGBUS: a file is mapped, made empty and read, by code that has nothing to do with this module.
    $file = Join-Path $TestDrive 'foreign'
    $readForeign = @"
Set-Content '$file' ('x' * 9000)
`$map = [System.IO.MemoryMappedFiles.MemoryMappedFile]::CreateFromFile('$file')
`$view = `$map.CreateViewAccessor()
'read ' + `$view.ReadByte(5000)
perl -e 'truncate shift, 0' '$file'
`$view.ReadByte(5000)
'still here'
"@
}

Describe 'A fault that is not the module''s' {
    AfterAll { if (Test-Path "/dev/shm$name") { Remove-ShmSegment $name } }

    It 'ends the process as it does without the module' {
        $plain = pwsh -NoProfile -NonInteractive -Command $readForeign 2>$null
        $exit = $LASTEXITCODE
        $plain | Should -Be 'read 120'
        $exit | Should -BeGreaterThan 128

        $mounted = "`$null = New-ShmSegment $name -Size 64KB -Mount`n$readForeign"
        Invoke-ChildHost $mounted 2>$null | Should -Be 'read 120'
        $LASTEXITCODE | Should -Be $exit
    }

    It 'is an exception where it is one of .NET, before and after a fault of ours' {
        # Marshal makes another one of the NullReferenceException.
        $mapping = New-ShmSegment "$name-null" -Size 64KB -Mount
        $read = { [System.Runtime.InteropServices.Marshal]::ReadByte([IntPtr]::Zero) }
        ($read | Should -Throw -PassThru).Exception.InnerException | Should -BeOfType System.AccessViolationException
        perl -e 'truncate shift, 0 or die $!' "/dev/shm$name-null"
        { Read-ShmData $mapping -ErrorAction Stop } | Should -Throw -ErrorId 'SegmentTruncated,*'
        ($read | Should -Throw -PassThru).Exception.InnerException | Should -BeOfType System.AccessViolationException
        $mapping.Dispose()
        Remove-ShmSegment "$name-null"
    }

    It 'ends a child as it does elsewhere' -Skip:$noPython {
        $mapping = New-ShmSegment -Anonymous -Size 4KB -Mount
        python3 -c @'
import mmap, sys, tempfile
with tempfile.TemporaryFile() as file:
    file.truncate(4096)
    view = mmap.mmap(file.fileno(), 4096)
    file.truncate(0)
    view[0]
'@
        $LASTEXITCODE | Should -Be (128 + 7)
        $mapping.Dispose()
    }
}

Describe 'A handler that somebody installs later' {
    It 'and that does not call the one before it is told once' {
        $answer = Invoke-ChildHost @"
`$m = New-ShmSegment -Anonymous -Size 4KB -Mount -WarningVariable first
Add-Type -Namespace Foreign -Name Signals -MemberDefinition '[DllImport("libc")] public static extern IntPtr signal(int number, IntPtr handler);'
`$null = [Foreign.Signals]::signal(7, [IntPtr]::Zero)
`$s = New-ShmSegment $name -Size 4KB
`$null = Mount-ShmSegment `$s -WarningVariable second -WarningAction SilentlyContinue
`$null = Mount-ShmSegment `$s -WarningVariable third -WarningAction SilentlyContinue
"`$(`$first.Count) `$(`$second.Count) `$(`$third.Count)"
"`$second"
Get-ShmMapping | Dismount-ShmSegment
Remove-ShmSegment `$s
"@
        $answer[0] | Should -Be '0 1 0'
        $answer[1] | Should -BeLike '*SIGBUS*'
    }
}

Describe 'Removing the module while threads use what it mounted' {
    It 'ends their accesses with an error, and nothing else' {
        $answer = Invoke-ChildHost @'
$path = (Get-Module PSSharedMemory).Path
$name = "/pst-fault-remove-$PID"
$null = New-ShmSegment $name -Size 256KB
Set-Content "$HOME/peer.pl" 'while (getppid() == $ARGV[1]) { truncate $ARGV[0], 0; truncate $ARGV[0], 262144 }'
$peer = Start-Process perl -PassThru -ArgumentList "$HOME/peer.pl", "/dev/shm$name", $PID
$ids = foreach ($turn in 1..3) {
    Import-Module $path
    $m = $null
    while (-not $m) {
        $m = Mount-ShmSegment $name -ErrorAction Ignore
        if ($m.Length -ne 262144) { $m = $null }
    }
    $jobs = 1..3 | ForEach-Object {
        Start-ThreadJob { param($m)
            while ($true) {
                try { $null = $m.Reader.ReadBytes(0, 200000); $m.Writer.WriteInt64(100000, 1) }
                catch {
                    $id = "$($_.Exception.InnerException.ErrorId)"
                    if ($id -ne 'SegmentTruncated') { return $id }
                }
            }
        } -ArgumentList $m
    }
    # The peer has taken pages away while the others were at it.
    do {
        $failed = $null
        $null = Read-ShmData $m -ErrorAction SilentlyContinue -ErrorVariable failed
    } until ($failed)
    Remove-Module PSSharedMemory
    $jobs | Wait-Job | Receive-Job
    $jobs | Remove-Job
}
$peer.HasExited
Stop-Process $peer
Remove-Item "/dev/shm$name"
$ids | Sort-Object -Unique
@(Get-Content /proc/self/maps | Where-Object { $_.Contains($name) }).Count
'ended'
'@
        $answer | Should -Be 'False', 'MappingDismounted', 0, 'ended'
    }
}
