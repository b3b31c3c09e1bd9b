# Every form of a name that people have, in every cmdlet that takes one; what is typed may be a pattern, what comes is
# literal.

BeforeAll {
    Import-Module "$PSScriptRoot/../../out/PSSharedMemory"
    $base = "pst-names-$PID"
    $null = New-ShmSegment "/$base" -Size 64KB
}

AfterAll { Get-ChildItem /dev/shm | Where-Object Name -like "$base*" | Remove-Item -Recurse }

Describe 'A path from where one is' {
    BeforeAll { $null = New-Item "/dev/shm/$base.d" -ItemType Directory }

    BeforeEach { Push-Location }

    AfterEach { Pop-Location }

    It 'is the name in <from>: <text>' -ForEach @(
        @{ from = '/dev/shm'; text = './{0}' }
        @{ from = '/dev/shm'; text = '.\{0}' }
        @{ from = '/dev/shm/{0}.d'; text = '../{0}' }
        @{ from = '/dev'; text = './shm/{0}' }
    ) {
        Set-Location ($from -f $base)
        $text = $text -f $base
        foreach ($found in (Get-ShmSegment $text), ($text | Get-ShmSegment), (Get-ShmStat -LiteralName $text),
            (Get-ShmSegment "$text*" | Where-Object Name -EQ "/$base")) {
            $found.Name | Should -BeExactly "/$base"
        }

        Write-ShmData $text 4711 Int32
        Read-ShmData $text Int32 | Should -Be 4711
        Copy-ShmData $text $text -Length 4 -DestinationOffset 8
        $mapping = Mount-ShmSegment $text
        Get-ShmMapping $text | Should -Be $mapping
        Dismount-ShmSegment $text
        $mapping.IsMounted | Should -BeFalse
        (New-ShmSegment "$text.new" -Size 4KB).Name | Should -BeExactly "/$base.new"
        Remove-ShmSegment "$text.new"
        Test-Path "/dev/shm/$base.new" | Should -BeFalse
    }

    It 'names what lies in the directory of /dev/shm' {
        Set-Location "/dev/shm/$base.d"
        (New-ShmSegment ./log.0 -Size 4KB).Name | Should -BeExactly "/$base.d/log.0"
        find . -type f | Remove-ShmSegment
        Test-Path "/dev/shm/$base.d/log.0" | Should -BeFalse
    }

    It 'leads there also after a target that is piped, and as one' {
        Set-Location "/dev/shm/$base.d"
        $null = New-ShmSegment ./from -Size 4KB
        $null = New-ShmSegment ./to -Size 4KB
        './from' | Write-ShmData -Value 4711 -As Int32
        Get-ShmSegment ./from | Copy-ShmData ./to
        Get-ShmSegment ./from | Compare-ShmData ./to | Should -BeNullOrEmpty
        './from' | Write-ShmData 4712 -As Int32
        Read-ShmData "/$base.d/from" -As Int32 | Should -Be 4712
        Read-ShmData "/$base.d/to" -As Int32 | Should -Be 4711
        Remove-ShmSegment ./from, ./to
    }

    It 'is no pattern by where one is' {
        $place = New-Item "/dev/shm/$base.d[1]" -ItemType Directory
        Set-Location -LiteralPath $place
        $null = New-ShmSegment ./x -Size 4KB
        foreach ($found in (Get-ShmSegment ./x), (Get-ShmStat ./x), ('./x' | Get-ShmSegment), (Get-ShmSegment ./?)) {
            $found.Name | Should -BeExactly "/$base.d[1]/x"
        }

        $mapping = Mount-ShmSegment ./x
        Dismount-ShmSegment ./x
        $mapping.IsMounted | Should -BeFalse
        Remove-ShmSegment ./x
        Get-ChildItem -LiteralPath $place | Should -BeNullOrEmpty
    }

    It 'is refused elsewhere, and told the name' {
        Set-Location TestDrive:/
        foreach ($command in 'Get-ShmSegment', 'Remove-ShmSegment', 'Read-ShmData') {
            & $command "./$base" -ErrorAction SilentlyContinue -ErrorVariable record
            $record.FullyQualifiedErrorId | Should -BeLike 'InvalidName,*'
            "$record" | Should -BeLike "*'/$base'*"
        }
    }

    It 'stays as it is where it is a value' {
        Set-Location /dev/shm
        './x' | Write-ShmData $base
        Read-ShmData $base -As CString | Should -BeExactly './x'
        Get-ShmSegment $base | Write-ShmData ./y
        Read-ShmData $base -As CString | Should -BeExactly './y'
    }
}

Describe 'The forms of a name' {
    It 'are one object: <_>' -ForEach '{0}', '/{0}', '/dev/shm/{0}', '//{0}', '{0}/', '/dev/shm//{0}',
        'file:///dev/shm/{0}', 'FileSystem::/dev/shm/{0}', 'Microsoft.PowerShell.Core\FileSystem::/dev/shm/{0}' {
        $text = $_ -f $base
        (Get-ShmSegment $text).Name | Should -BeExactly "/$base"
        (Get-ShmSegment -LiteralName $text).Name | Should -BeExactly "/$base"
        ($text | Get-ShmSegment).Name | Should -BeExactly "/$base"
        (Get-ShmStat $text).Name | Should -BeExactly "/$base"
        Write-ShmData $text 4711 Int32
        Read-ShmData $text Int32 | Should -Be 4711
        $mapping = Mount-ShmSegment $text
        $mapping.Segment.Name | Should -BeExactly "/$base"
        Dismount-ShmSegment $text
        $mapping.IsMounted | Should -BeFalse
        Resize-ShmSegment $text 64KB -PassThru | Should -Not -BeNullOrEmpty
    }

    It 'are the same where something new is made' {
        foreach ($text in "$base-new", "/$base-new", "/dev/shm/$base-new") {
            (New-ShmSegment $text -Size 4KB).Name | Should -BeExactly "/$base-new"
            Test-Path "/dev/shm/$base-new" | Should -BeTrue
            Remove-ShmSegment $text
            Test-Path "/dev/shm/$base-new" | Should -BeFalse
        }
    }

    It 'are files too' {
        (Get-Item "/dev/shm/$base" | Get-ShmSegment).Name | Should -BeExactly "/$base"
        (Get-ChildItem /dev/shm | Where-Object Name -EQ $base | Get-ShmStat).Name | Should -BeExactly "/$base"
        (Get-ShmSegment (Get-Item "/dev/shm/$base")).Name | Should -BeExactly "/$base"
        Get-Item "/dev/shm/$base" | Format-ShmHex -Length 4 | Should -HaveCount 1
        { Get-Item /etc/passwd | Get-ShmSegment -ErrorAction Stop } | Should -Throw -ErrorId 'InvalidName,*'
        { Get-Item /dev/shm | Remove-ShmSegment -ErrorAction Stop } | Should -Throw -ErrorId 'InvalidName,*'
    }

    It 'are files by whatever path: through another mount, through a link' {
        $null = New-Item -ItemType SymbolicLink "TestDrive:/link" -Value "/dev/shm/$base"
        (Get-Item "/proc/self/root/dev/shm/$base" | Get-ShmSegment).Name | Should -BeExactly "/$base"
        (Get-Item TestDrive:/link | Get-ShmStat).Name | Should -BeExactly "/$base"
        (Resolve-Path "/dev/shm/$base" | Get-ShmSegment).Name | Should -BeExactly "/$base"
        Read-ShmData (Resolve-Path "/dev/shm/$base") -Count 1 | Should -HaveCount 1
        $null = New-Item TestDrive:/plain
        { Get-Item TestDrive:/plain | Remove-ShmSegment -ErrorAction Stop } | Should -Throw -ErrorId 'InvalidName,*'
    }

    It 'are what views call a System V segment' {
        $segment = New-ShmSegment -Private -Size 4KB
        (Get-ShmSegment "$segment").Id | Should -Be $segment.Id
        $segment | Remove-ShmSegment
    }

    It 'are not numbers: <_>' -ForEach 1, '1', '0x1234', 4711, '-5' {
        $number = $_
        $record = { Get-ShmSegment -Name $number -ErrorAction Stop } | Should -Throw -ErrorId 'InvalidName,*' -PassThru
        "$record" | Should -Match '-Id'
        { $number | Remove-ShmSegment -ErrorAction Stop } | Should -Throw -ErrorId 'InvalidName,*'
        { Read-ShmData $number -ErrorAction Stop } | Should -Throw -ErrorId 'InvalidName,*'
    }

    It 'lead nowhere else: <_>' -ForEach '/../etc/passwd', '/a/../b', '/dev/shm/', '/dev/shm', '//', '/', '',
        '.', '..', "/x`0y" {
        $text = $_
        { Get-ShmSegment -LiteralName $text -ErrorAction Stop } | Should -Throw -ErrorId '*'
        { Read-ShmData -Name $text -ErrorAction Stop } | Should -Throw -ErrorId 'InvalidName,*'
        { New-ShmSegment -Name $text -Size 4KB -ErrorAction Stop } | Should -Throw -ErrorId 'InvalidName,*'
    }
}

Describe 'Patterns' {
    BeforeAll { "$base-p1", "$base-p2", "$base-p[12]" | ForEach-Object { $null = New-ShmSegment $_ -Size 4KB } }

    It 'are what a user types, in any form' {
        (Get-ShmSegment "$base-p?").Name | Should -Be "/$base-p1", "/$base-p2"
        (Get-ShmSegment "/$base-p?").Name | Should -Be "/$base-p1", "/$base-p2"
        (Get-ShmSegment "/dev/shm/$base-p?").Name | Should -Be "/$base-p1", "/$base-p2"
        (Get-ShmSegment "$base-p[12]").Name | Should -Be "/$base-p1", "/$base-p2"
        Get-ShmSegment "$base-none*" -ErrorAction Stop | Should -BeNullOrEmpty
    }

    It 'are nothing that comes from elsewhere' {
        $name = "/$base-p[12]"
        (Get-ShmSegment -LiteralName $name).Name | Should -BeExactly $name
        ($name | Get-ShmSegment).Name | Should -BeExactly $name
        ([pscustomobject] @{ Name = $name } | Get-ShmSegment).Name | Should -BeExactly $name
        (@{ Name = $name } | Get-ShmStat).Name | Should -BeExactly $name
        { "$base-p*" | Get-ShmSegment -ErrorAction Stop } | Should -Throw -ErrorId 'SegmentNotFound,*'
    }

    It 'take from a file only what it names' {
        $list = Join-Path $TestDrive list
        Get-ShmSegment -LiteralName "/$base-p[12]" | Select-Object Name, Size | Export-Csv "$list.csv"
        (Import-Csv "$list.csv" | Remove-ShmSegment -PassThru).Name | Should -BeExactly "/$base-p[12]"
        Test-Path "/dev/shm/$base-p1" | Should -BeTrue
        $null = New-ShmSegment '/*' -Size 4KB
        Get-ShmSegment -LiteralName '/*' | Select-Object Name | ConvertTo-Json | Set-Content "$list.json"
        (Get-Content "$list.json" -Raw | ConvertFrom-Json | Remove-ShmSegment -PassThru).Name | Should -BeExactly '/*'
        @(Get-ShmSegment "$base-p?") | Should -HaveCount 2
    }

    It 'that are not valid are an error of that item' {
        $failed = $null
        $found = Get-ShmSegment "/$base-p[", "$base-p1" -ErrorAction SilentlyContinue -ErrorVariable failed
        $found.Name | Should -BeExactly "/$base-p1"
        $failed[0].FullyQualifiedErrorId | Should -BeLike 'InvalidName,*'
        $failed[0].TargetObject | Should -BeExactly "/$base-p["
        { Get-ShmSegment -Owner '[' -ErrorAction Stop } | Should -Throw -ErrorId 'InvalidName,*'
    }

    It 'are refused once where they are to match owners, whatever there is to list: <_>' -ForEach @(
        'Get-ShmSegment', 'Get-ShmStat', 'Get-ShmAttachment', 'Get-ShmHolder', 'Find-ShmOrphan'
    ) {
        $said = try { & $_ -Owner 'www-[' 2>&1 } catch { $_ }
        @($said).FullyQualifiedErrorId | Should -BeLike 'InvalidName,*'
        $said | Should -HaveCount 1
    }

    It 'find nothing in silence; a name that is not there is an error of every cmdlet' {
        foreach ($cmdlet in Get-Command -Module PSSharedMemory | Where-Object {
            $_.ImplementingType.IsSubclassOf([PSSharedMemory.Commands.TargetCmdlet]) -and $_.Verb -ne 'New' -and
                $_.Name -ne 'Wait-ShmSegment'
        }) {
            $own = switch ($cmdlet.Name) {
                'Write-ShmData' { @{ Value = 1 } }
                'Add-ShmListItem' { @{ Value = 1 } }
                'Search-ShmData' { @{ Pattern = 'x' } }
                'Compare-ShmData' { @{ Difference = [byte[]] 1 } }
                'Copy-ShmData' { @{ Destination = "/$base" } }
                'Resize-ShmSegment' { @{ Size = 1 } }
                'Set-ShmSegment' { @{ Mode = 0600 } }
                'Export-ShmSegment' { @{ Path = "$TestDrive/none" } }
                'Set-ShmAdvice' { @{ Advice = 'Normal' } }
                'Set-ShmProtection' { @{ Protection = 'Read' } }
                'Wait-ShmValue' { @{ Equal = 1 } }
                'Update-ShmValue' { @{ Add = 1 } }
                default { @{} }
            }
            { & $cmdlet -Name "/$base-none" @own -ErrorAction Stop } |
                Should -Throw -ErrorId 'SegmentNotFound,*' -Because "$cmdlet takes a name"
        }
    }
}

Describe 'Keys of files' {
    It 'take the character of a C program as project' {
        $made = New-ShmSegment -Path $PSCommandPath -ProjectId A -Size 4KB
        perl -MIPC::SysV=ftok -e 'print shmget(ftok($ARGV[0], ord "A"), 0, 0)' $PSCommandPath | Should -Be $made.Id
        (Get-ShmSegment -Path $PSCommandPath -ProjectId 'A').Id | Should -Be $made.Id
        $made | Remove-ShmSegment
    }
}

Describe 'A name that is null' {
    It 'is an error for <_>, and not all there is' -ForEach @(
        'Get-ShmSegment', 'Remove-ShmSegment', 'Get-ShmStat', 'Get-ShmAttachment', 'Get-ShmHolder', 'Wait-ShmSegment'
    ) {
        $misspelt = $null
        { & $_ $misspelt -ErrorAction Stop } | Should -Throw -ErrorId 'InvalidName,*'
    }

    It 'is an error for limits and checks' {
        { Get-ShmLimit $null } | Should -Throw -ErrorId 'ParameterArgumentValidationError,*'
        { Test-ShmHost $null } | Should -Throw -ErrorId 'ParameterArgumentValidationError,*'
    }
}

Describe 'A filter' {
    It 'by an owner that this host does not know is an error; a pattern is not' {
        foreach ($cmdlet in 'Get-ShmSegment', 'Get-ShmStat', 'Find-ShmOrphan') {
            { & $cmdlet -Owner pst-nobody-here } | Should -Throw -ErrorId 'ParameterArgumentTransformationError,*'
            & $cmdlet -Owner pst-nobody* | Should -BeNullOrEmpty
        }
    }

    It 'by a kind that has no list says so' {
        foreach ($kind in 'MemFd', 'Anonymous') {
            { Get-ShmSegment -Kind $kind -ErrorAction Stop } | Should -Throw -ErrorId 'NotSupportedByKind,*'
            { Find-ShmOrphan -Kind $kind -ErrorAction Stop } | Should -Throw -ErrorId 'NotSupportedByKind,*'
        }

        $memfd = New-ShmSegment -Anonymous -Size 4KB
        ($memfd | Get-ShmSegment -Kind MemFd).Kind | Should -Be 'MemFd'
        $memfd | Get-ShmSegment -Kind Posix | Should -BeNullOrEmpty
    }
}
