# A control group with less memory than is asked for: the kernel would kill the host. Each in a host of its own.

BeforeDiscovery {
    $root = '/sys/fs/cgroup/memory'
    $canLimit = (id -u) -eq 0 -and (Test-Path "$root/memory.limit_in_bytes")
}

BeforeAll {
    Import-Module (Convert-Path "$PSScriptRoot/../../out/PSSharedMemory") -Force
    . $PSScriptRoot/ChildHost.ps1
    $outer = "/sys/fs/cgroup/memory/pst-$PID"
    $name = "/pst-memory-$PID"

    # The limit is that of the outer group: a process in an inner one without a limit of its own has it too.
    function Invoke-Limited([scriptblock] $Script) {
        Invoke-ChildHost "`$name = '$name'`n$Script" -Through bash, -c,
            "echo `$`$ > $outer/inner/cgroup.procs && exec `"`$@`"", bash
    }
}

Describe 'A process with a memory limit' -Tag Root, Cgroup -Skip:(-not $canLimit) {
    BeforeEach {
        mkdir -p "$outer/inner"
        '500000000' | Set-Content "$outer/memory.limit_in_bytes"
    }

    AfterEach {
        Remove-Item "/dev/shm$name*" -ErrorAction Ignore
        '0' | Set-Content "$outer/memory.force_empty" -ErrorAction Ignore
        $until = [datetime]::UtcNow.AddSeconds(10)
        do { rmdir "$outer/inner" $outer 2> $null } while ((Test-Path $outer) -and [datetime]::UtcNow -lt $until)
        Test-Path $outer | Should -BeFalse
    }

    It 'is told NoSpace where it makes or grows a segment, and lives' {
        Invoke-Limited {
            foreach ($attempt in
                { New-ShmSegment $name -Size 1GB -ErrorAction Stop },
                { New-ShmSegment -Anonymous -Size 1GB -ErrorAction Stop },
                {
                    $null = New-ShmSegment "$name-small" -Size 4096
                    Resize-ShmSegment "$name-small" -Size 1GB -ErrorAction Stop
                }) {
                try { $null = & $attempt; 'done' } catch { $_.FullyQualifiedErrorId.Split(',')[0] }
            }
            stat -c '%s' "/dev/shm$name-small"
        } | Should -Be 'NoSpace', 'NoSpace', 'NoSpace', '4096'
        Test-Path "/dev/shm$name" | Should -BeFalse
    }

    It 'is told NoSpace at the first touch of memory that is not there, and lives' {
        Invoke-Limited {
            $sparse = New-ShmSegment $name -Size 1GB -Sparse
            $sysV = New-ShmSegment -Private -Size 1GB
            foreach ($attempt in
                # Zeros stay what they are without memory.
                { Clear-ShmData $name -ErrorAction Stop },
                { Clear-ShmData -Id $sysV.Id -ErrorAction Stop },
                { Clear-ShmData -Id $sysV.Id -Pattern ([byte[]](1, 2)) -ErrorAction Stop },
                { Mount-ShmSegment $name -Populate -ErrorAction Stop },
                { Copy-ShmData -Id $sysV.Id -DestinationName $name -ErrorAction Stop }) {
                try { $null = & $attempt; 'done' } catch { $_.FullyQualifiedErrorId.Split(',')[0] }
            }
            $mapping = Mount-ShmSegment $sysV
            $bytes = [byte[]]::new(1MB)
            try { for ($at = 0L; $at -lt 1GB; $at += 1MB) { $mapping.Writer.WriteBytes($at, $bytes) }; 'done' }
            catch { "$($_.Exception.GetBaseException().ErrorId)" }
            $mapping.Writer.WriteInt32(0, 7)
            $mapping.Reader.ReadInt32(0)
            Remove-ShmSegment $sysV
        } | Should -Be 'done', 'done', 'NoSpace', 'NoSpace', 'NoSpace', 'NoSpace', '7'
    }
}
