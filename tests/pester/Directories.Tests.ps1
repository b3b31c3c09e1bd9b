BeforeAll {
    Import-Module "$PSScriptRoot/../../out/PSSharedMemory"
    $box = "pst-dirs-$PID"
    $root = "/dev/shm/$box"

    function Write-Object([string] $Name, [int] $Bytes = 4096) {
        $path = "$root/$Name"
        $null = New-Item -ItemType Directory -Force (Split-Path $path)
        [System.IO.File]::WriteAllBytes($path, [byte[]]::new($Bytes))
    }
}

AfterAll {
    rm -rf $root
}

Describe 'objects in directories of /dev/shm' {
    BeforeEach {
        Write-Object relay/terms/log.0 100000
        Write-Object relay/terms/log.1
        Write-Object relay/cnc.dat 8192
        Write-Object top
    }

    AfterEach {
        rm -rf $root
    }

    Context 'listing' {
        It 'shows all of them without being asked for a directory' {
            $listed = Get-ShmSegment -Kind Posix | Where-Object Name -Like "/$box/*"
            $found = find $root -type f | ForEach-Object { $_.Substring(8) }
            $listed.Name | Sort-Object | Should -Be ($found | Sort-Object)
            ($listed | Where-Object Name -EQ "/$box/relay/terms/log.0").Size | Should -Be 100000
        }

        It 'finds one as <_>' -ForEach 'NAME', '/NAME', '/dev/shm/NAME' {
            (Get-ShmSegment ($_ -replace 'NAME', "$box/relay/cnc.dat")).Name | Should -Be "/$box/relay/cnc.dat"
        }

        It 'finds one by its file' {
            (Get-Item "$root/relay/cnc.dat" | Get-ShmSegment).Name | Should -Be "/$box/relay/cnc.dat"
        }

        It 'keeps a wildcard within its level' {
            (Get-ShmSegment "/$box/*").Name | Should -Be "/$box/top"
            (Get-ShmSegment "/$box/*/*").Name | Should -Be "/$box/relay/cnc.dat"
            Get-ShmSegment "/$box*" | Should -BeNullOrEmpty
            (Get-ShmSegment "/$box/re*/terms/log.[01]").Count | Should -Be 2
        }

        It 'goes deeper with -Recurse: <Pattern>' -ForEach @(
            @{ Pattern = '/BOX/*'; Count = 4 }
            @{ Pattern = '/BOX/log*'; Count = 2 }
            @{ Pattern = '/BOX/re*'; Count = 3 }
            @{ Pattern = '/BOX/relay'; Count = 3 }
            @{ Pattern = 'BOX/relay/terms/'; Count = 2 }
            @{ Pattern = '/BOX/top'; Count = 1 }
            @{ Pattern = '/BOX/*/cnc*'; Count = 1 }
        ) {
            @(Get-ShmSegment ($Pattern -replace 'BOX', $box) -Recurse).Count | Should -Be $Count
        }

        It 'takes the wildcards of a literal name as they are' {
            Write-Object 'relay/[0]*'
            (Get-ShmSegment -LiteralName "/$box/relay/[0]*").Name | Should -BeExactly "/$box/relay/[0]*"
        }

        It 'says that a directory is one' {
            $record = { Get-ShmSegment "/$box/relay" -ErrorAction Stop } |
                Should -Throw -ErrorId 'InvalidName*' -PassThru
            $record.Exception.Message | Should -BeLike "*'/$box/relay/*"
        }

        It 'does not find what is in no directory: <_>' -ForEach 'nowhere/x', 'top/x', 'relay/nowhere' {
            { Get-ShmSegment "/$box/$_" -ErrorAction Stop } | Should -Throw -ErrorId 'SegmentNotFound*'
        }

        It 'completes names' {
            (TabExpansion2 "Get-ShmSegment /$box/rel").CompletionMatches.CompletionText |
                Should -Contain "/$box/relay/cnc.dat"
        }

        It 'copes with directories too deep for a path, and says so' {
            # 40 levels of 200 bytes: the kernel opens no path of 4096 bytes.
            python3 -c @'
import os, sys
os.chdir(sys.argv[1])
for i in range(40):
    os.mkdir("d" * 200); os.chdir("d" * 200)
open("deep", "w").write("x")
'@ $root
            (Get-ShmSegment "/$box/top").Size | Should -Be 4096
            @(Get-ShmSegment -Kind Posix | Where-Object Name -Like '*/deep').Count | Should -Be 0
        }
    }

    Context 'use' {
        It 'is made, read, written and mounted like any other' {
            $mapping = New-ShmSegment "/$box/relay/new" -Size 8KB -Mode 0640 -Mount
            $mapping.Segment.Name | Should -Be "/$box/relay/new"
            $mapping.Segment.Status | Should -Be 'None'
            stat -c '%s %a' "$root/relay/new" | Should -Be '8192 640'
            $mapping | Write-ShmData 'from here' -Offset 100
            $bytes = Get-Content "$root/relay/new" -AsByteStream -Raw
            [System.Text.Encoding]::UTF8.GetString($bytes, 100, 9) | Should -Be 'from here'
            Get-ShmAttachment "/$box/relay/new" | ForEach-Object ProcessId | Should -Be $PID
            (Get-ShmAttachment -ProcessId $PID | Where-Object Address -EQ $mapping.Address).Segment.Name |
                Should -Be "/$box/relay/new"
            (Get-ShmStat "/$box/relay/new").Verdict | Should -Be 'InUse'
            $mapping.Dispose()
            (Read-ShmData "/$box/relay/new" -Offset 100 -Count 9 -As String) | Should -Be 'from here'
        }

        It 'refuses to be made in a directory that is not there, and makes none' {
            { New-ShmSegment "/$box/nowhere/new" -Size 1 -ErrorAction Stop } | Should -Throw -ErrorId 'InvalidName*'
            Test-Path "$root/nowhere" | Should -BeFalse
        }

        It 'changes mode and size' {
            Set-ShmSegment "/$box/relay/cnc.dat" -Mode 0600
            Resize-ShmSegment "/$box/relay/cnc.dat" -Size 16KB
            stat -c '%s %a' "$root/relay/cnc.dat" | Should -Be '16384 600'
        }

        It 'exports to a file in a directory of its name and comes back' {
            $folder = (New-Item -ItemType Directory "$TestDrive/kept" -Force).FullName
            [System.IO.File]::WriteAllBytes("$root/relay/terms/log.1", [byte[]](1..100))
            Get-ShmSegment "/$box/*" -Recurse | Export-ShmSegment $folder
            Test-Path "$folder/$box/relay/terms/log.1.shm" | Should -BeTrue
            Remove-ShmSegment "/$box/*" -Recurse
            find $root -type f | Should -BeNullOrEmpty
            Import-ShmSegment "$folder/$box/relay/terms/log.1.shm"
            Get-Content "$root/relay/terms/log.1" -AsByteStream | Should -Be (1..100)
        }
    }

    Context 'removal' {
        It 'removes one and leaves nothing beside it' {
            Remove-ShmSegment "/$box/relay/terms/log.0"
            find $root -mindepth 1 | ForEach-Object { $_.Substring($root.Length) } | Sort-Object |
                Should -Be '/relay', '/relay/cnc.dat', '/relay/terms', '/relay/terms/log.1', '/top'
        }

        It 'removes what a level has, and all with -Recurse' {
            Remove-ShmSegment "/$box/relay/*"
            find $root/relay -type f | Should -HaveCount 2
            Remove-ShmSegment "/$box/relay" -Recurse
            find $root/relay -type f | Should -BeNullOrEmpty
        }

        It 'changes nothing with -WhatIf' {
            Remove-ShmSegment "/$box/*" -Recurse -WhatIf
            find $root -type f | Should -HaveCount 4
        }

        It 'refuses another object that has taken the name' {
            $listed = Get-ShmSegment "/$box/relay/cnc.dat"
            Move-Item "$root/relay/cnc.dat" "$root/relay/old"
            Write-Object relay/cnc.dat
            { Remove-ShmSegment -Segment $listed -ErrorAction Stop } | Should -Throw -ErrorId 'IdentityChanged*'
            Test-Path "$root/relay/cnc.dat" | Should -BeTrue
        }

        It 'lists what is being removed only if it stays there' {
            # As a removal that was killed in between leaves it.
            Write-Object '.pssharedmemory-removing-0123/lost'
            Get-ShmSegment "/$box/*/lost" | Should -BeNullOrEmpty
            $clock = [System.Diagnostics.Stopwatch]::StartNew()
            while (-not (Get-ShmSegment "/$box/*/lost") -and $clock.Elapsed.TotalSeconds -lt 20) {
                Start-Sleep -Milliseconds 100
            }
            Get-ShmSegment "/$box/*/lost" | Should -HaveCount 1
        }

        It 'tells a removed one by the whole name that it had' {
            $mapping = Mount-ShmSegment "/$box/relay/terms/log.0"
            Remove-ShmSegment "/$box/relay/terms/log.0"
            $held = Get-ShmAttachment -ProcessId $PID | Where-Object Address -EQ $mapping.Address
            $held.IsRemoved | Should -BeTrue
            $held.Segment.Name | Should -Be "/$box/relay/terms/log.0"
            $mapping.Dispose()
        }

        It 'finds orphans, with their directories' {
            $orphans = Find-ShmOrphan -OlderThan 0s | Where-Object Name -Like "/$box/*"
            $orphans | Should -HaveCount 4
            $orphans | Where-Object Name -Like '*log*' | Remove-ShmSegment
            find $root/relay/terms -type f | Should -BeNullOrEmpty
        }
    }
}

Describe 'links in /dev/shm' {
    BeforeAll {
        $outside = "$TestDrive/outside"
        $null = New-Item -ItemType Directory $outside -Force
        Set-Content "$outside/secret" 'not shared memory'
        Write-Object real/data
        ln -s $outside "$root/away"
        ln -s "$outside/secret" "$root/secret"
        ln -s real "$root/inside"
        ln -s .. "$root/up"
    }

    It 'lists nothing through them' {
        (Get-ShmSegment "/$box/*" -Recurse).Name | Should -Be "/$box/real/data"
    }

    It 'never opens, makes or removes through one: <_>' -ForEach 'away/secret', 'secret', 'inside/data', 'up/shm/x' {
        $name = "/$box/$_"
        { Read-ShmData $name -ErrorAction Stop } | Should -Throw -ErrorId 'InvalidName*'
        { Remove-ShmSegment $name -ErrorAction Stop } | Should -Throw -ErrorId 'InvalidName*'
        { Set-ShmSegment $name -Mode 0777 -ErrorAction Stop } | Should -Throw -ErrorId 'InvalidName*'
        Get-Content "$outside/secret" | Should -Be 'not shared memory'
        (Get-Item "$outside/secret").UnixStat.Mode -band 511 | Should -Be 420
    }

    It 'never opens, makes or removes through one beside the objects' {
        $link = "/$box-link"
        ln -s "$outside/secret" "/dev/shm$link"
        try {
            foreach ($use in { Read-ShmData $link -Count 3 }, { Write-ShmData $link 7 }, { Mount-ShmSegment $link },
                { Resize-ShmSegment $link -Size 1 -Force }, { Export-ShmSegment $link $TestDrive },
                { New-ShmMutex $link },
                { New-ShmSegment $link -Size 1 -AllowExisting }, { Remove-ShmSegment $link }) {
                $ErrorActionPreference = 'Stop'
                $use | Should -Throw -ErrorId 'InvalidName*' -Because "$use"
            }
            Get-Content "$outside/secret" | Should -Be 'not shared memory'
        }
        finally { Remove-Item "/dev/shm$link" }
    }

    It 'makes nothing behind a link to a directory' {
        { New-ShmSegment "/$box/away/new" -Size 1 -ErrorAction Stop } | Should -Throw -ErrorId 'InvalidName*'
        Get-ChildItem $outside | Should -HaveCount 1
    }

    It 'reads and removes nothing outside while a peer swaps the directory for a link' {
        # The peer exchanges real/ and a link to outside/ as fast as it can; both hold files of the same names.
        $preys = 1..150 | ForEach-Object { "prey$_" }
        foreach ($prey in $preys) {
            Write-Object "real/$prey"
            Set-Content "$outside/$prey" 'must stay' -NoNewline
        }
        ln -s $outside "$root/other"
        Set-Content "$TestDrive/swap.py" @'
import ctypes, sys
libc = ctypes.CDLL(None)
a, b = sys.argv[1].encode(), sys.argv[2].encode()
while True:
    if libc.renameat2(-100, a, -100, b, 2) == 0: open(sys.argv[3], 'w').close()
'@
        $peer = Start-Process python3 -PassThru -ArgumentList "$TestDrive/swap.py", "$root/real", "$root/other",
            "$TestDrive/swaps"
        try {
            while (-not (Test-Path "$TestDrive/swaps")) { Start-Sleep -Milliseconds 10 }
            $removed = $refused = 0
            foreach ($prey in $preys) {
                foreach ($folder in 'real', 'other') {
                    try {
                        (Read-ShmData "/$box/$folder/$prey" -Count 1 -ErrorAction Stop) | Should -Be 0
                        Remove-ShmSegment "/$box/$folder/$prey" -ErrorAction Stop
                        $removed++
                    } catch [System.Management.Automation.RuntimeException] {
                        $_.FullyQualifiedErrorId | Should -Match '^(InvalidName|SegmentNotFound|IdentityChanged),'
                        $refused++
                    }
                }
            }
        } finally {
            Stop-Process -Id $peer.Id
            $peer.WaitForExit()
        }
        # Both happened, and nothing outside is gone.
        $removed | Should -BeGreaterThan 0
        $refused | Should -BeGreaterThan 0
        Get-ChildItem $outside -Filter prey* | Should -HaveCount 150
    }
}

Describe 'Deep, long and many' {
    BeforeAll {
        $folders = (1..100 | ForEach-Object { "d$_" }) -join '/'
        $long = ('l' * 255), ('m' * 255) -join '/'
        rm -rf $root
        # Perl can make names that are not UTF-8.
        perl -e @'
use File::Path 'make_path';
my ($root, $deep, $long) = @ARGV;
sub put { my ($path, $text) = @_; open(my $file, '>', "$root/$path") or die "$path: $!"; print $file $text }
make_path("$root/$deep", "$root/" . ($long =~ s{/.*}{}r), "$root/odd\xff\x1b[2J", "$root/many");
put("$deep/leaf", 'deep'); put($long, 'long'); put("odd\xff\x1b[2J/n\xc0\xaf\n", 'odd');
put("many/f$_", '1') for 1 .. 10_000;
'@ $root $folders $long
    }
    AfterAll { rm -rf $root }

    It 'are all listed, and each at its level alone' {
        @(Get-ShmSegment "/$box/*" -Recurse).Count | Should -Be 10003
        @(Get-ShmSegment "/$box/many/f1*").Count | Should -Be 1112
        @(Get-ShmSegment "/$box/*").Count | Should -Be 0
        (Get-ShmSegment "/$box/*/f77").Name | Should -Be "/$box/many/f77"
        rm -rf $root/many
    }

    It 'are read, held, exported, removed and brought back: <Text>' -ForEach @(
        @{ Text = 'deep'; Pattern = '{0}/leaf' }
        @{ Text = 'odd'; Pattern = 'odd*/*' }
        @{ Text = 'long'; Pattern = 'l*/m*' }
    ) {
        $segment = Get-ShmSegment "/$box/$($Pattern -f $folders)"
        $segment | Should -HaveCount 1
        $segment | Read-ShmData -As String -Count $Text.Length | Should -Be $Text
        $mapping = $segment | Mount-ShmSegment
        ($segment | Get-ShmStat).Verdict | Should -Be 'InUse'
        ($segment | Get-ShmAttachment).Segment.Name | Should -BeExactly $segment.Name
        $mapping.Dispose()
        $file = "$TestDrive/$Text.shm"
        $segment | Export-ShmSegment $file
        $segment | Remove-ShmSegment
        Get-ShmSegment "/$box/$($Pattern -f $folders)" -ErrorAction Ignore | Should -BeNullOrEmpty
        Import-ShmSegment $file
        Get-ShmSegment "/$box/$($Pattern -f $folders)" | Read-ShmData -As String -Count $Text.Length | Should -Be $Text
    }
}
