# The gallery's package, installed as a user would: from a repository, which here is a folder, into a fresh process.

BeforeAll {
    $root = Convert-Path "$PSScriptRoot/../.."
    $folder = [System.IO.Directory]::CreateTempSubdirectory('pst-package-').FullName
}

AfterAll {
    Remove-Item $folder -Recurse -Force
}

Describe 'The package' -Tag Package {
    BeforeAll {
        'repository', 'modules' | ForEach-Object { $null = New-Item "$folder/$_" -ItemType Directory -Force }
        Compress-PSResource -Path "$root/out/PSSharedMemory" -DestinationPath "$folder/repository"
        $manifest = Import-PowerShellDataFile "$root/PSSharedMemory.psd1"
    }

    It 'is named after the module and the version of the manifest' {
        [System.IO.Directory]::GetFiles("$folder/repository").ForEach{ Split-Path $_ -Leaf } |
            Should -Be "PSSharedMemory.$($manifest.ModuleVersion)-$($manifest.PrivateData.PSData.Prerelease).nupkg"
    }

    It 'installs from a repository and works in a fresh process, with its help' {
        $script = @"
            `$ErrorActionPreference = 'Stop'
            Register-PSResourceRepository pst-package -Uri '$folder/repository' -Trusted
            try { Save-PSResource PSSharedMemory -Prerelease -Repository pst-package -Path '$folder/modules' }
            finally { Unregister-PSResourceRepository pst-package }
            `$env:PSModulePath = '$folder/modules'
            `$m = New-ShmSegment -Private -Size 4KB -Ephemeral
            `$m.Writer.WriteInt32(0, 42)
            "`$(`$m.Reader.ReadInt32(0)) `$((Get-Module PSSharedMemory).Version) `$((Get-Help New-ShmSegment).Synopsis)"
"@
        pwsh -NoProfile -NonInteractive -Command $script |
            Should -Be "42 $($manifest.ModuleVersion) Makes a shared memory segment: POSIX, System V or memfd."
    }

    It 'is found by the name of a cmdlet' {
        $archive = [System.IO.Compression.ZipFile]::OpenRead((Get-Item "$folder/repository/*.nupkg").FullName)
        try {
            $entry = $archive.Entries | Where-Object Name -EQ 'PSSharedMemory.nuspec'
            $nuspec = [xml][System.IO.StreamReader]::new($entry.Open()).ReadToEnd()
        }
        finally { $archive.Dispose() }
        -split $nuspec.package.metadata.tags | Should -Contain 'PSCmdlet_New-ShmSegment'
    }

    It 'carries no symbols, no C# documentation and no path of the machine that built it' {
        $archive = [System.IO.Compression.ZipFile]::OpenRead((Get-Item "$folder/repository/*.nupkg").FullName)
        try { $archive.Entries.FullName | Where-Object { $_ -match '\.pdb$|Core\.xml$' } | Should -BeNullOrEmpty }
        finally { $archive.Dispose() }
        foreach ($assembly in Get-Item "$root/out/PSSharedMemory/*.dll") {
            [System.Text.Encoding]::Latin1.GetString((Get-Content $assembly -AsByteStream -Raw)) |
                Should -Not -Match ([regex]::Escape($root))
        }
    }

    It 'carries no assembly but its own' {
        $entries = [System.IO.Compression.ZipFile]::OpenRead([System.IO.Directory]::GetFiles("$folder/repository")[0])
        try {
            ($entries.Entries.FullName | Where-Object { $_ -like '*.dll' }) -join ' ' |
                Should -Be 'PSSharedMemory.Core.dll PSSharedMemory.dll'
        }
        finally { $entries.Dispose() }
    }
}

Describe 'The manifest' {
    It 'has what the gallery shows' {
        $text = Get-Content "$root/PSSharedMemory.psd1" -Raw
        $data = [scriptblock]::Create($text).InvokeReturnAsIs()
        $data.PrivateData.PSData.Tags | Should -Contain 'Linux'
        $data.PrivateData.PSData.LicenseUri | Should -Not -BeNullOrEmpty
        $data.PrivateData.PSData.ReleaseNotes | Should -Not -BeNullOrEmpty
        $data.Description | Should -Not -BeNullOrEmpty
        $data.CompatiblePSEditions | Should -Be 'Core'
        $data.PowerShellVersion | Should -Be '7.4'
    }

    It 'has the version of the changelog' {
        $version = [scriptblock]::Create(
            (Get-Content "$root/PSSharedMemory.psd1" -Raw)).InvokeReturnAsIs().ModuleVersion
        Get-Content "$root/CHANGELOG.md" -Raw | Should -BeLike "*## $version*"
    }
}
