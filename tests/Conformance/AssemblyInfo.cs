using System.Runtime.Versioning;

// The engines these tests run are Linux servers.
[assembly: SupportedOSPlatform("linux")]
