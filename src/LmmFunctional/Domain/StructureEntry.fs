namespace LmmFunctional.Model

/// <summary>What a structure takes from the variable that it runs along.</summary>
[<RequireQualifiedAccess>]
type StructureCoordinate =
    /// Its levels, whatever its type.
    | Levels
    /// The order of its levels.
    | Order
    /// Its values.
    | Values

/// <summary>What the catalogue tells of one structure.</summary>
/// <remarks>In the formulas m is the number of levels or positions, c the number of coordinates, h a distance; p, q, k and
/// nu are arguments.</remarks>
type StructureEntry = {
    /// The name in formulas: <c>ar1</c>.
    Name: string
    /// Names of the arguments: <c>toep(k)</c> has one.
    Arguments: string list
    /// The word in <c>lmm { }</c>.
    Word: string
    /// The name in prose.
    Title: string
    /// The number of parameters, variances included.
    Parameters: string
    /// Element (i, j) of the matrix.
    Element: string
    /// Where the parameters may lie.
    Range: string
    Coordinate: StructureCoordinate
    /// How many coordinates it may have; None for any number.
    MostCoordinates: int option
    /// Whether it is for residuals within subjects only: one long series would not estimate it.
    NeedsSubjects: bool
    /// The form with a variance for each level, or the one with the same variance for all.
    Partner: string option
    /// Names in other programs, for those who try them here.
    Elsewhere: string list
}

/// <summary>Writing entries: residuals within subjects along levels, unless told otherwise.</summary>
[<RequireQualifiedAccess; CompilationRepresentation(CompilationRepresentationFlags.ModuleSuffix)>]
module internal StructureEntry =

    let create name word title parameters element range = {
        Name = name
        Arguments = []
        Word = word
        Title = title
        Parameters = parameters
        Element = element
        Range = range
        Coordinate = StructureCoordinate.Levels
        MostCoordinates = Some 1
        NeedsSubjects = true
        Partner = None
        Elsewhere = []
    }

    /// One long series estimates it too.
    let alone entry = { entry with NeedsSubjects = false }

    let along coordinate entry = { entry with Coordinate = coordinate }

    let partner name entry = { entry with Partner = Some name }

    let elsewhere names entry = { entry with Elsewhere = names }

    /// The same structure with arguments.
    let withArguments arguments word title entry = {
        entry with
            Arguments = arguments
            Word = word
            Title = title
            Elsewhere = []
    }
