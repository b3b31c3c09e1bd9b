# Detaching, and that nothing can be done with a mapping afterwards.

BeforeAll {
    Import-Module "$PSScriptRoot/../../out/PSSharedMemory"
    $name = "/pst-dismount-$PID"
    $file = "/dev/shm$name"
}

Describe 'Dismount-ShmSegment' {
    BeforeEach { $segment = New-ShmSegment $name -Size 16KB }

    AfterEach {
        Get-ShmMapping | ForEach-Object { $_.Dispose() }
        Remove-Item $file -ErrorAction Ignore
    }

    It 'unmaps one of several views and leaves the others' {
        $first = Mount-ShmSegment $name
        $second = Mount-ShmSegment $name -ReadOnly
        $first.Writer.WriteInt32(0, 5)
        Dismount-ShmSegment $first

        $first.IsMounted | Should -BeFalse
        $second.Reader.ReadInt32(0) | Should -Be 5
        @(Get-Content /proc/self/maps | Where-Object { $_ -like "*$file" }).Count | Should -Be 1
    }

    It 'takes mappings from the pipeline' {
        1..3 | ForEach-Object { Mount-ShmSegment $name } | Dismount-ShmSegment
        Get-Content /proc/self/maps -Raw | Should -Not -BeLike "*$file*"
    }

    It 'unmaps all with -All' {
        $null = 1..3 | ForEach-Object { Mount-ShmSegment $name }
        Dismount-ShmSegment -All
        Get-ShmMapping | Should -BeNullOrEmpty
        Get-Content /proc/self/maps -Raw | Should -Not -BeLike "*$file*"
    }

    It 'changes nothing with -WhatIf' {
        $mapping = Mount-ShmSegment $name
        Dismount-ShmSegment $mapping -WhatIf
        Dismount-ShmSegment $mapping -Offset 4096 -Length 4096 -WhatIf
        $mapping.Reader.ReadBytes(0, 16384).Length | Should -Be 16384
    }

    It 'says MappingDismounted for a second time and for any use' {
        $mapping = Mount-ShmSegment $name
        Dismount-ShmSegment $mapping
        $record = { Dismount-ShmSegment $mapping -ErrorAction Stop } |
            Should -Throw -ErrorId 'MappingDismounted*' -PassThru
        $record.CategoryInfo.Category | Should -Be 'InvalidOperation'
        { Read-ShmData $mapping -ErrorAction Stop } | Should -Throw -ErrorId 'MappingDismounted*'
        { Write-ShmData $mapping 1 -ErrorAction Stop } | Should -Throw -ErrorId 'MappingDismounted*'
        { $mapping.Reader.ReadByte(0) } | Should -Throw -ErrorId 'ShmException'
    }

    It 'says so in another runspace too' {
        $mapping = Mount-ShmSegment $name
        Dismount-ShmSegment $mapping
        $shell = [powershell]::Create([initialsessionstate]::CreateDefault2())
        $answer =
            $shell.AddScript(
                'param($m) try { $m.Reader.ReadByte(0) } catch { $_.Exception.InnerException.ErrorId }').AddArgument($mapping).Invoke()
        $shell.Dispose()
        $answer | Should -Be 'MappingDismounted'
    }

    It 'makes a hole, and the rest stays usable' {
        $mapping = Mount-ShmSegment $name
        Dismount-ShmSegment $mapping -Offset 4096 -Length 4096

        $mapping.Writer.WriteInt32(8192, 3)
        $mapping.Reader.ReadInt32(8192) | Should -Be 3
        $record = { Read-ShmData $mapping -Offset 4090 -Count 10 -ErrorAction Stop } |
            Should -Throw -ErrorId 'PageNotMapped*' -PassThru
        $record.CategoryInfo.Category | Should -Be 'InvalidOperation'
        $mapping.Regions.State | Should -Be @('Mapped', 'Hole', 'Mapped')
        @(Get-Content /proc/self/maps | Where-Object { $_ -like "*$file" }).Count | Should -Be 2
    }

    It 'refuses a hole at <Offset> of <Length> bytes: <Id>' -ForEach @(
        @{ Offset = 1; Length = 4096; Id = 'InvalidOffset' }
        @{ Offset = 0; Length = 0; Id = 'OutOfRange' }
        @{ Offset = 0; Length = -1; Id = 'OutOfRange' }
        @{ Offset = -4096; Length = 4096; Id = 'OutOfRange' }
        @{ Offset = 16384; Length = 1; Id = 'OutOfRange' }
        @{ Offset = 8192; Length = [long]::MaxValue; Id = 'OutOfRange' }
    ) {
        $mapping = Mount-ShmSegment $name
        { Dismount-ShmSegment $mapping -Offset $Offset -Length $Length -ErrorAction Stop } |
            Should -Throw -ErrorId "$Id*"
        @($mapping.Regions).Count | Should -Be 1
    }

    It 'cannot make a hole in a System V segment, and says what to do' {
        $mapping = New-ShmSegment -Private -Size 16KB -Mount -Ephemeral
        $record = { Dismount-ShmSegment $mapping -Offset 0 -Length 4096 -ErrorAction Stop } |
            Should -Throw -ErrorId 'NotSupportedByKind*' -PassThru
        $record.CategoryInfo.Category | Should -Be 'NotImplemented'
        "$record" | Should -BeLike '*Set-ShmProtection*'
        $mapping.Dispose()
    }

    It 'serves the good ones after a bad one' {
        $mappings = 1..3 | ForEach-Object { Mount-ShmSegment $name }
        $mappings[1].Dispose()
        Dismount-ShmSegment $mappings -ErrorAction SilentlyContinue -ErrorVariable failed
        $failed.Count | Should -Be 1
        $mappings.IsMounted | Should -Be @($false, $false, $false)
    }
}

Describe 'Remove-Module' {
    It 'unmaps what is mounted' {
        . "$PSScriptRoot/ChildHost.ps1"
        Invoke-ChildHost @"
            `$mapping = New-ShmSegment -Private -Size 4KB -Mount -Ephemeral
            `$before = (Get-Content '/proc/self/maps' -Raw) -like '*/SYSV00000000*'
            Remove-Module PSSharedMemory
            `$after = (Get-Content '/proc/self/maps' -Raw) -like '*/SYSV00000000*'
            "`$before `$after `$(`$mapping.IsMounted)"
"@ | Should -Be 'True False False'
    }

    It 'ends the use of other runspaces with MappingDismounted: of <Kind>' -ForEach @(
        @{ Kind = 'Posix' }, @{ Kind = 'SysV' }) {
        . "$PSScriptRoot/ChildHost.ps1"
        $make = if ($Kind -eq 'Posix') { "New-ShmSegment '/pst-dismount-all-$PID' -Size 1MB -Mount" } else {
            'New-ShmSegment -Private -Size 1MB -Mount -Ephemeral'
        }
        # Each says by a byte of its own that it is at work; the last only waits.
        Invoke-ChildHost @"
            `$module = (Get-Module PSSharedMemory).Path
            `$mapping = $make
            `$null = New-ShmMutex `$mapping 64
            `$begun = [byte[]]::new(5)
            `$works = @(
                'while (`$true) { `$null = `$m.Reader.ReadBytes(0, 1MB); `$begun[0] = 1 }'
                'while (`$true) { `$null = Update-ShmValue `$m 0 -Add 1 -ErrorAction Stop; `$begun[1] = 1 }'
                'while (`$true) { Lock-ShmMutex `$m 64 -ErrorAction Stop { `$begun[2] = 1 } }'
                'while (`$true) { Copy-ShmData `$m `$m -Length 100 -Offset 4096 -DestinationOffset 8192 -ErrorAction Stop; `$begun[3] = 1 }'
                '`$begun[4] = 1; Wait-ShmValue `$m 128 -Equal 1 -ErrorAction Stop')
            `$runs = `$works | ForEach-Object {
                `$shell = [powershell]::Create([initialsessionstate]::CreateDefault2())
                `$null = `$shell.AddScript("Import-Module '`$module'").Invoke()
                `$shell.Commands.Clear()
                `$null = `$shell.AddScript("param(```$m, ```$begun) try { `$_ } catch { ```$_.Exception.GetBaseException().ErrorId }").AddArgument(`$mapping).AddArgument(`$begun)
                [pscustomobject]@{ Shell = `$shell; Run = `$shell.BeginInvoke() }
            }
            while (`$begun -contains 0) { [System.Threading.Thread]::Sleep(1) }
            Remove-Module PSSharedMemory
            `$runs | ForEach-Object { "`$(`$_.Shell.EndInvoke(`$_.Run))" }
            (Get-Content '/proc/self/maps' -Raw) -match 'SYSV00000000|pst-dismount-all'
"@ | Should -Be @('MappingDismounted', 'MappingDismounted', 'MappingDismounted', 'MappingDismounted', 'MappingDismounted', 'False')
        $LASTEXITCODE | Should -Be 0
        if ($Kind -eq 'Posix') { Remove-ShmSegment "/pst-dismount-all-$PID" }
    }
}
