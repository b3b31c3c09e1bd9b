# Attaching what Perl and the shell made, and being seen by them. Addresses, views and pages have files of their own.

BeforeAll {
    Import-Module "$PSScriptRoot/../../out/PSSharedMemory"
    $name = "/pst-mount-$PID"
    $file = "/dev/shm$name"
    function Get-NAttch($Id) { (-split (ipcs -m | Where-Object { (-split $_)[1] -eq $Id }))[5] }
}

Describe 'Mount-ShmSegment' {
    BeforeEach {
        [System.IO.File]::WriteAllBytes($file, [byte[]]::new(8192))
        $id = perl -e 'print shmget(0, 8192, 01600)'
    }

    AfterEach {
        Get-ShmMapping | ForEach-Object { $_.Dispose() }
        Remove-Item $file -ErrorAction Ignore
        ipcrm -m $id
    }

    It 'reads what Perl has written, and Perl reads what it writes: System V' {
        perl -e 'shmwrite($ARGV[0], "from perl", 100, 9) or die' $id
        $mapping = Mount-ShmSegment -Id $id

        $mapping.Reader.ReadString(100, 9) | Should -BeExactly 'from perl'
        $null = $mapping.Writer.WriteString(200, 'from pwsh')
        perl -e 'shmread($ARGV[0], $data, 200, 9) or die; print $data' $id | Should -BeExactly 'from pwsh'
    }

    It 'reads what Perl has written, and others read what it writes: POSIX' {
        $mapping = Mount-ShmSegment $name
        perl -e 'open F, "+<", $ARGV[0] or die; seek F, 100, 0; print F "from perl"' $file

        $mapping.Reader.ReadString(100, 9) | Should -BeExactly 'from perl'
        $null = $mapping.Writer.WriteString(200, 'from pwsh')
        [System.Text.Encoding]::ASCII.GetString((Get-Content $file -AsByteStream -Raw), 200, 9) |
            Should -BeExactly 'from pwsh'
    }

    It 'raises the attach count by one, and lowers it' {
        $mapping = Mount-ShmSegment -Id $id
        Get-NAttch $id | Should -Be 1
        Dismount-ShmSegment $mapping
        Get-NAttch $id | Should -Be 0
    }

    It 'takes segments from the pipeline' {
        $mappings = @(Get-ShmSegment $name; Get-ShmSegment -Id $id) | Mount-ShmSegment
        $mappings.Count | Should -Be 2
        $mappings.ForEach{ $_.Length } | Should -Be @(8192, 8192)
    }

    It 'never makes a segment' {
        { Mount-ShmSegment "$name-none" -ErrorAction Stop } | Should -Throw -ErrorId 'SegmentNotFound*'
        Test-Path "$file-none" | Should -BeFalse
        { Mount-ShmSegment -Key 0x70549999 -ErrorAction Stop } | Should -Throw -ErrorId 'SegmentNotFound*'
        { Mount-ShmSegment -Id 2147483647 -ErrorAction Stop } | Should -Throw -ErrorId 'SegmentNotFound*'
    }

    It 'mounts nothing with -WhatIf' {
        Mount-ShmSegment $name -WhatIf | Should -BeNullOrEmpty
        Get-Content /proc/self/maps -Raw | Should -Not -BeLike "*$file*"
    }

    It 'writes nothing through a read-only mapping: <_>' -ForEach @('Posix', 'SysV') {
        $mapping = if ($_ -eq 'Posix') { Mount-ShmSegment $name -ReadOnly } else { Mount-ShmSegment -Id $id -ReadOnly }
        $record = { Write-ShmData $mapping 5 -ErrorAction Stop } | Should -Throw -ErrorId 'PageProtected*' -PassThru
        $record.CategoryInfo.Category | Should -Be 'InvalidOperation'
        $mapping.Reader.ReadInt32(0) | Should -Be 0
    }

    It 'does not mount an object that took the name of the one that was listed' {
        $listed = Get-ShmSegment $name
        Move-Item $file "$file-kept"
        [System.IO.File]::WriteAllBytes($file, [byte[]]::new(8192))
        $record = { $listed | Mount-ShmSegment -ErrorAction Stop } | Should -Throw -ErrorId 'IdentityChanged*' -PassThru
        $record.CategoryInfo.Category | Should -Be 'InvalidOperation'
        Remove-Item "$file-kept" -ErrorAction Ignore
    }

    It 'does not mount an empty object' {
        Set-Content $file '' -NoNewline
        { Mount-ShmSegment $name -ErrorAction Stop } | Should -Throw -ErrorId 'SizeMismatch*'
    }

    It 'refuses -ReadOnly together with -Protection' {
        { Mount-ShmSegment $name -ReadOnly -Protection Write } | Should -Throw -ErrorId 'AmbiguousParameterSet*'
    }

    It 'closes its descriptors with the mapping' {
        1..20 | ForEach-Object { (Mount-ShmSegment $name).Dispose() }
        (Get-ChildItem /proc/self/fd -ErrorAction Ignore).LinkTarget -like "$file*" | Should -BeNullOrEmpty
    }
}

Describe 'A mapping in the place of a part: <Kind>' -ForEach @(@{ Kind = 'Posix' }, @{ Kind = 'SysV' }) {
    BeforeEach {
        $at = 0x250000000000
        $old = if ($Kind -eq 'SysV') { New-ShmSegment -Private -Size 16KB } else { New-ShmSegment $name -Size 16KB }
        $whole = $old | Mount-ShmSegment -Address $at
        0..3 | ForEach-Object { Clear-ShmData $whole -Pattern ([byte]($_ + 1)) -Offset ($_ * 4KB) -Length 4KB }
        $page = New-ShmSegment -Private -Size 4KB
        $new = $page | Mount-ShmSegment -Address ($at + 4KB) -Replace -Force
        $new.Writer.WriteInt32(0, 99)

        # What lies there for the kernel, from page to page.
        function Get-Inode {
            foreach ($line in Get-Content /proc/self/maps | Where-Object { $_ -like '2500000*' }) {
                $range, $allows, $offset, $device, $inode, $rest = -split $line
                "$inode $('{0:x}' -f ([Convert]::ToInt64($range.Split('-')[0], 16) - $at))"
            }
        }
        $inode = if ($Kind -eq 'SysV') { $old.Id } else { (Get-Item "/dev/shm$name").UnixStat.Inode }
    }

    AfterEach {
        Get-ShmMapping | ForEach-Object { $_.Dispose() }
        $old, $page | Remove-ShmSegment
    }

    It 'leaves the rest as it was' {
        Get-Inode | Should -Be "$inode 0", "$($page.Id) 1000", "$inode 2000"
        Read-ShmData $whole -As Byte -Count 1 | Should -Be 1
        $bytes = Read-ShmData $whole -Offset 8KB
        ($bytes | Group-Object).Name | Should -Be 3, 4
        Write-ShmData $whole 5 -Offset 12KB
        Update-ShmValue $whole 12KB -Add 1 | Should -Be 5
        Set-ShmProtection $whole Read -Offset 12KB
        { Write-ShmData $whole 5 -Offset 12KB -ErrorAction Stop } | Should -Throw -ErrorId 'PageProtected*'
        $new.Reader.ReadInt32(0) | Should -Be 99
    }

    It 'shows the hole, and an access there is PageNotMapped' {
        $whole.Regions.State | Should -Be 'Mapped', 'Hole', 'Mapped'
        $whole.Regions.Offset | Should -Be 0, 4KB, 8KB
        foreach ($try in { Read-ShmData $whole -Offset 4KB -As Byte -Count 1 }, { Read-ShmData $whole },
            { Write-ShmData $whole 1 -Offset 8188 -As Int64 },
            { Set-ShmProtection $whole Read -Offset 4KB -Length 1 }) {
            $ErrorActionPreference = 'Stop'
            $try | Should -Throw -ErrorId 'PageNotMapped*'
        }
        $new.Reader.ReadInt32(0) | Should -Be 99
    }

    It 'outlives the rest, and the rest outlives it' {
        Dismount-ShmSegment $whole
        Get-Inode | Should -Be "$($page.Id) 1000"
        Read-ShmData $new -As Int32 | Should -Be 99
        if ($Kind -eq 'SysV') { Get-NAttch $old.Id | Should -Be 0 }

        $whole = $old | Mount-ShmSegment -Address $at -Replace -Force
        $new = $page | Mount-ShmSegment -Address ($at + 12KB) -Replace -Force
        if ($Kind -eq 'SysV') { Get-NAttch $old.Id | Should -Be 1 }
        Dismount-ShmSegment $new
        Get-NAttch $page.Id | Should -Be 0
        Get-Inode | Should -Be "$inode 0"
        Read-ShmData $whole -Offset 8KB -As Byte -Count 1 | Should -Be 3
    }

    It 'is not where a lock is held, and leaves locks elsewhere alone' {
        $mutex = New-ShmMutex $whole 8KB
        Lock-ShmMutex $mutex
        { $page | Mount-ShmSegment -Address ($at + 8KB) -Replace -Force -ErrorAction Stop } |
            Should -Throw -ErrorId 'SegmentInUse*'
        $null = $page | Mount-ShmSegment -Address $at -Replace -Force
        Unlock-ShmMutex $mutex
        $whole.Regions.State | Should -Be 'Hole', 'Mapped'
    }

    It 'goes with Remove-Module, and so does the rest' {
        Get-Module PSSharedMemory | Remove-Module
        Get-Inode | Should -BeNullOrEmpty
        $whole.IsMounted, $new.IsMounted | Should -Be $false, $false
        Import-Module "$PSScriptRoot/../../out/PSSharedMemory"
    }
}

Describe 'Another user''s segments' -Skip:([System.Environment]::UserName -ne 'root') -Tag Root {
    It 'are listed; to mount and to remove them is AccessDenied' {
        . "$PSScriptRoot/ChildHost.ps1"
        $path = "/dev/shm/pst-mount-other-$PID"
        [System.IO.File]::WriteAllBytes($path, [byte[]]::new(10))
        [System.IO.File]::SetUnixFileMode($path, 'UserRead, UserWrite')
        $id = perl -e 'print shmget(0, 4096, 01600)'
        $answer = Invoke-ChildHost -Through setpriv, --reuid=65534, --regid=65534, --clear-groups -Script @"
            Mount-ShmSegment /pst-mount-other-$PID -ErrorAction SilentlyContinue -ErrorVariable +failed
            Mount-ShmSegment -Id $id -ErrorAction SilentlyContinue -ErrorVariable +failed
            Remove-ShmSegment /pst-mount-other-$PID -ErrorAction SilentlyContinue -ErrorVariable +failed
            Remove-ShmSegment -Id $id -ErrorAction SilentlyContinue -ErrorVariable +failed
            (Get-ShmSegment -Id $id).Size
            `$failed.ForEach{ `$_.FullyQualifiedErrorId.Split(',')[0] } -join ' '
"@
        $stillThere = Test-Path $path
        Remove-Item $path -ErrorAction Ignore
        ipcrm -m $id

        $answer[0] | Should -Be '4096'
        $answer[1] | Should -Be 'AccessDenied AccessDenied AccessDenied AccessDenied'
        $stillThere | Should -BeTrue
    }
}

Describe 'Get-ShmMapping' {
    It 'takes names in any form, patterns and segments' {
        $name = "pst-mapping-$PID"
        $mapping = New-ShmSegment $name -Size 4KB -Mount
        foreach ($one in $name, "/$name", "/dev/shm/$name", "*$name", (Get-ShmSegment $name), $mapping) {
            Get-ShmMapping $one | Should -Be $mapping
        }
        $name, (Get-Item "/dev/shm/$name") | Get-ShmMapping | Should -HaveCount 2
        Get-ShmMapping "/$name-none*" | Should -BeNullOrEmpty
        { Get-ShmMapping "$name-none" -ErrorAction Stop } | Should -Throw -ErrorId 'SegmentNotFound,*'
        (Get-ShmMapping) | Should -Contain $mapping
        $mapping.Dispose()
        Remove-ShmSegment $name
    }
}
