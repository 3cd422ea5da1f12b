namespace Rekey.Rotators.MySql.Library;

/// <summary>How a connection is made and behaves, beyond what the credentials say.</summary>
/// <param name="ConnectSeconds">Bound on reaching the server and each of its answers to the login.</param>
/// <param name="StatementSeconds">Bound on each wait for the server.</param>
/// <param name="PluginFolder">Holds the authentication plugins that may be used.</param>
/// <param name="Authorities">With TLS: the file of authorities that the certificate is verified with. Null for no TLS at all.</param>
internal sealed record LibrarySettings(uint ConnectSeconds, uint StatementSeconds, string PluginFolder, string? Authorities);
