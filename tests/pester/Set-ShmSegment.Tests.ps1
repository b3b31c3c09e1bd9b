# Mode, owner, group, lock and seals, seen by stat and ipcs; and the kernel's rules for who may change them.

BeforeAll {
    Import-Module "$PSScriptRoot/../../out/PSSharedMemory"
    . "$PSScriptRoot/ChildHost.ps1"
    $name = "/pst-pages-set-$PID"
    $file = "/dev/shm$name"
    function Get-Ipcs($Id) { -split (ipcs -m | Where-Object { (-split $_)[1] -eq $Id }) }
    # "0640 1 2": mode, user, group.
    function Get-IpcsOwner($Id) { -split (ipcs -m -c | Where-Object { (-split $_)[0] -eq $Id }) }
}

Describe 'Set-ShmSegment' {
    BeforeEach {
        $posix = New-ShmSegment $name -Size 4KB
        $sysv = New-ShmSegment -Private -Size 4KB
        $memfd = New-ShmSegment -Anonymous -Size 4KB
    }

    AfterEach {
        Remove-Item $file -Force -ErrorAction Ignore
        ipcrm -m $sysv.Id
    }

    It 'changes the mode exactly, whatever the umask' {
        Set-ShmSegment $name -Mode 666
        stat -c '%a' $file | Should -Be '666'
        Set-ShmSegment -Id $sysv.Id -Mode 'rw-rw-rw-'
        (Get-Ipcs $sysv.Id)[3] | Should -Be '666'
        ($memfd | Set-ShmSegment -Mode '0604' -PassThru).Mode | Should -Be 'OtherRead, UserWrite, UserRead'
    }

    It 'changes a mode that forbids everything back' {
        Set-ShmSegment $name -Mode 0
        stat -c '%a' $file | Should -Be '0'
        Set-ShmSegment $name -Mode 600
        stat -c '%a' $file | Should -Be '600'
    }

    It 'takes names with wildcards and segments from the pipeline, and returns them with -PassThru' {
        $null = New-ShmSegment "$name-2" -Size 4KB
        @(Set-ShmSegment "$name*" -Mode 640 -PassThru).Count | Should -Be 2
        stat -c '%a' $file "$file-2" | Should -Be @('640', '640')
        $posix, $sysv | Set-ShmSegment -Mode 644 | Should -BeNullOrEmpty
        stat -c '%a' $file | Should -Be '644'
        Remove-Item "$file-2" -ErrorAction Ignore
    }

    It 'locks a System V segment in RAM and unlocks it' {
        $locked = Set-ShmSegment -Id $sysv.Id -Lock -PassThru
        Get-Ipcs $sysv.Id | Should -Contain 'locked'
        $locked.Status | Should -Be 'Locked'
        Set-ShmSegment -Id $sysv.Id -Unlock
        Get-Ipcs $sysv.Id | Should -Not -Contain 'locked'
    }

    It 'cannot lock the others, and names what can' {
        foreach ($segment in $posix, $memfd) {
            $record = { $segment | Set-ShmSegment -Lock -ErrorAction Stop } |
                Should -Throw -ErrorId 'NotSupportedByKind*' -PassThru
            "$record" | Should -BeLike '*Mount-ShmSegment -Lock*'
        }
    }

    It 'refuses -Lock together with -Unlock' {
        { Set-ShmSegment -Id $sysv.Id -Lock -Unlock } | Should -Throw -ErrorId 'AmbiguousParameterSet*'
    }

    It 'changes nothing with -WhatIf' {
        Set-ShmSegment $name -Mode 666 -WhatIf
        Set-ShmSegment -Id $sysv.Id -Mode 666 -Lock -WhatIf
        stat -c '%a' $file | Should -Be '600'
        (Get-Ipcs $sysv.Id)[3] | Should -Be '600'
    }

    It 'says SegmentNotFound, InvalidMode and InvalidKey' {
        { Set-ShmSegment "$name-none" -Mode 600 -ErrorAction Stop } | Should -Throw -ErrorId 'SegmentNotFound*'
        { Set-ShmSegment -Id 2147483647 -Mode 600 -ErrorAction Stop } | Should -Throw -ErrorId 'SegmentNotFound*'
        { Set-ShmSegment $name -Mode 'rwz------' -ErrorAction Stop } | Should -Throw -ErrorId 'InvalidMode*'
        { Set-ShmSegment -Key 'zz' -Mode 600 -ErrorAction Stop } | Should -Throw -ErrorId 'InvalidKey*'
    }

    It 'does not change what took the place of the one that was listed' {
        Move-Item $file "$file-kept"
        [System.IO.File]::WriteAllBytes($file, [byte[]]::new(10))
        $mode = stat -c '%a' $file
        { $posix | Set-ShmSegment -Mode 777 -ErrorAction Stop } | Should -Throw -ErrorId 'IdentityChanged*'
        stat -c '%a' $file | Should -Be $mode
        Remove-Item "$file-kept" -ErrorAction Ignore
    }

    It 'leaves an unknown user to the binder' {
        { Set-ShmSegment $name -Owner no-such-user-here } |
            Should -Throw -ErrorId 'ParameterArgumentTransformationError*'
        { Set-ShmSegment $name -Group -5 } | Should -Throw -ErrorId 'ParameterArgumentTransformationError*'
    }

    It 'serves the good ones after a bad one' {
        "$name-none", $name | Set-ShmSegment -Mode 640 -ErrorAction SilentlyContinue -ErrorVariable failed
        $failed.Count | Should -Be 1
        stat -c '%a' $file | Should -Be '640'
    }

    It 'adds seals to a memfd, again without harm, and not once it is sealed' {
        $memfd | Set-ShmSegment -Seal Shrink
        ($memfd | Set-ShmSegment -Seal Shrink, Grow -PassThru).Seals | Should -Be 'Shrink, Grow'
        $memfd | Set-ShmSegment -Seal Seal
        $record = { $memfd | Set-ShmSegment -Seal Write -ErrorAction Stop } |
            Should -Throw -ErrorId 'AccessDenied*' -PassThru
        $record.CategoryInfo.Category | Should -Be 'PermissionDenied'
        { $posix | Set-ShmSegment -Seal Shrink -ErrorAction Stop } | Should -Throw -ErrorId 'NotSupportedByKind*'
    }

    It 'cannot seal against writing while it is mounted for that' {
        $mapping = $memfd | Mount-ShmSegment
        { $memfd | Set-ShmSegment -Seal Write -ErrorAction Stop } | Should -Throw -ErrorId 'SegmentInUse*'
        $mapping.Dispose()
        { $memfd | Set-ShmSegment -Seal Write -ErrorAction Stop } | Should -Not -Throw
    }
}

Describe 'Owner and group' -Skip:([System.Environment]::UserName -ne 'root') -Tag Root {
    BeforeEach {
        $null = New-ShmSegment $name -Size 4KB
        $sysv = New-ShmSegment -Private -Size 4KB
    }

    AfterEach {
        Remove-Item $file -Force -ErrorAction Ignore
        ipcrm -m $sysv.Id
    }

    It 'are changed by name and by number' {
        $user = (getent passwd 65534).Split(':')[0]
        Set-ShmSegment $name -Owner $user -Group 12
        stat -c '%u %g' $file | Should -Be '65534 12'
        Set-ShmSegment $name -Group 13
        stat -c '%u %g' $file | Should -Be '65534 13'
        $now = Set-ShmSegment -Id $sysv.Id -Owner 65534 -Group 12 -PassThru
        $now.UserId, $now.GroupId | Should -Be @(65534, 12)
        (Get-Ipcs $sysv.Id)[2] | Should -Be $user
    }

    It 'are the kernel''s to refuse: another user changes nothing, the new owner may' {
        $answer = Invoke-ChildHost -Through setpriv, --reuid=65534, --regid=65534, --clear-groups -Script @"
            Set-ShmSegment $name -Mode 666 -ErrorAction SilentlyContinue -ErrorVariable +failed
            Set-ShmSegment $name -Owner 65534 -ErrorAction SilentlyContinue -ErrorVariable +failed
            Set-ShmSegment -Id $($sysv.Id) -Mode 666 -ErrorAction SilentlyContinue -ErrorVariable +failed
            Set-ShmSegment -Id $($sysv.Id) -Owner 65534 -ErrorAction SilentlyContinue -ErrorVariable +failed
            `$failed.ForEach{ `$_.FullyQualifiedErrorId.Split(',')[0] } -join ' '
"@
        $answer | Should -Be 'AccessDenied AccessDenied AccessDenied AccessDenied'
        stat -c '%a %u' $file | Should -Be '600 0'

        Set-ShmSegment $name -Owner 65534 -Mode 0
        Set-ShmSegment -Id $sysv.Id -Owner 65534 -Mode 0
        $answer = Invoke-ChildHost -Through setpriv, --reuid=65534, --regid=65534, --clear-groups -Script @"
            (Set-ShmSegment $name -Mode 640 -PassThru).Mode
            (Set-ShmSegment -Id $($sysv.Id) -Mode 640 -PassThru).Mode
"@
        $answer | Should -Be @('GroupRead, UserWrite, UserRead', 'GroupRead, UserWrite, UserRead')
        stat -c '%a %u' $file | Should -Be '640 65534'
    }
}
