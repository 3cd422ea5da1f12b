using System.ComponentModel.DataAnnotations;

namespace Rekey.Server.Settings;

/// <summary>The regions that one server serves: section <c>Rekey</c> itself.</summary>
public sealed class RegionOptions
{
    public const string Section = "Rekey";

    public const string RegionsKey = $"{Section}:{nameof(Regions)}";

    /// <summary>Names separated by commas; the home region is served whether it is named or not.</summary>
    [RegularExpression(
        " *([a-z]+-)+[0-9]+ *(, *([a-z]+-)+[0-9]+ *)*",
        ErrorMessage = "names of regions separated by commas, such as us-east-1,eu-west-1")]
    public string? Regions { get; set; }
}
