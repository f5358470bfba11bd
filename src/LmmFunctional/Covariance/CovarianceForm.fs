namespace LmmFunctional.Estimation

/// <summary>Where residuals or effects sit: the rows and columns of a structure's matrix.</summary>
[<NoComparison>]
type internal FormPositions = {
    /// Names of the levels, in order; structures by level use their number and these names.
    Labels: string[]
    /// Coordinates of each position; structures by distance use these. For structures of equal steps they are the places
    /// of the positions on the steps; where they are no whole numbers, neighbours are one step apart.
    Coordinates: float[][]
}

/// <summary>Places of positions on equal steps.</summary>
[<RequireQualifiedAccess>]
module internal FormPositions =

    /// The places, from zero, if there are gaps between them.
    let tryPlaces (positions: FormPositions) : int[] option =
        let isPlace (coordinates: float[]) =
            coordinates.Length = 1
            && coordinates[0] = System.Math.Floor coordinates[0]
            && abs coordinates[0] < 1e9

        if
            positions.Coordinates.Length < 2
            || not (Array.forall isPlace positions.Coordinates)
        then
            None
        else
            let places =
                positions.Coordinates |> Array.map (fun coordinates -> int coordinates[0])

            let first = Array.min places

            if places = Array.init places.Length ((+) first) then
                None
            else
                places |> Array.map (fun place -> place - first) |> Some

/// <summary>A structure met with its positions: V = s² M(τ), where s is an overall standard deviation.</summary>
/// <remarks>M is a correlation matrix if all variances are equal; otherwise the first position has variance one. τ is
/// unconstrained: any real numbers give a valid matrix, and every valid matrix that is not on the boundary has a τ. M is
/// never formed: subjects hold any subset of the positions.</remarks>
[<NoEquality; NoComparison>]
type internal CovarianceForm = {
    /// The natural parameters: as many as there are in τ.
    Names: string[]
    Kinds: ParameterKind[]
    /// The ends that each coordinate of τ can come to.
    Ends: ParameterEnds[]
    /// τ to start from.
    Start: float[]
    /// Other τ to start from: ranges of other lengths. The best of all is the one to take.
    FurtherStarts: float[][]
    /// The natural parameters at τ.
    Natural: Jet[] -> Jet[]
    /// τ of natural parameters; None where these give no positive definite matrix.
    Unconstrained: float[] -> float[] option
    /// M(i, j) at τ. Apply it to τ once for each evaluation: what the elements share is computed there.
    Element: Jet[] -> int -> int -> Jet
    /// Whether all positions have the same variance.
    HasEqualVariances: bool
}

[<RequireQualifiedAccess>]
module internal CovarianceForm =

    /// k, the number of parameters.
    let count form = form.Names.Length

    /// All τ to start from.
    let starts form =
        Array.append [| form.Start |] form.FurtherStarts

    /// A symmetric m×m matrix by columns, from its elements (i, j), i ≥ j.
    let symmetric m (element: int -> int -> Jet) : Jet[] =
        let elements: Jet[] = Array.create (m * m) Jet.zero

        for j in 0 .. m - 1 do
            for i in j .. m - 1 do
                let value = element i j
                elements[i + j * m] <- value
                elements[j + i * m] <- value

        elements

    /// M at these positions, by columns.
    let matrix (form: CovarianceForm) (tau: Jet[]) (positions: int[]) =
        let element = form.Element tau
        symmetric positions.Length (fun i j -> element positions[i] positions[j])

    /// A form whose τ is mapped to natural parameters one by one.
    let byParameter (parameters: (string * ParameterKind * float) list) maps inverses element = {
        Names = parameters |> List.map (fun (name, _, _) -> name) |> Array.ofList
        Kinds = parameters |> List.map (fun (_, kind, _) -> kind) |> Array.ofList
        Ends =
            parameters
            |> List.map (fun (name, kind, _) -> ParameterEnds.ofKind kind name)
            |> Array.ofList
        Start = parameters |> List.map (fun (_, _, start) -> start) |> Array.ofList
        FurtherStarts = [||]
        Natural = Array.map2 (fun map (tau: Jet) -> map tau) (Array.ofList maps)
        Unconstrained =
            Array.map2 (fun inverse (natural: float) -> inverse natural) (Array.ofList inverses)
            >> Unconstrained.all
        Element = element
        HasEqualVariances = true
    }
