namespace LmmFunctional.Estimation

/// <summary>How the levels of a factor become columns where the factor's mean is already in the model.</summary>
[<RequireQualifiedAccess>]
type internal Contrast =
    /// Each level against the first.
    | Treatment
    /// Each level against the last.
    | Sas
    /// Each level but the last against the mean of all.
    | Sum
    /// Each level against the mean of those before it.
    | Helmert
    /// Linear, quadratic, cubic and higher trends over equally spaced levels.
    | Polynomial

/// <summary>Contrasts as matrices, with R's names.</summary>
[<RequireQualifiedAccess>]
module internal Contrast =

    /// The contrasts by the names a formula may use.
    let all = [
        "treatment", Contrast.Treatment
        "sas", Contrast.Sas
        "sum", Contrast.Sum
        "helmert", Contrast.Helmert
        "poly", Contrast.Polynomial
        "SAS", Contrast.Sas
    ]

    /// The contrast of a name, written short (<c>sum</c>) or as in R (<c>contr.sum</c>).
    let tryOfName (name: string) =
        let short = if name.StartsWith "contr." then name.Substring 6 else name
        all |> List.tryFind (fst >> (=) short) |> Option.map snd

    /// <summary>What R appends to a factor's name for each contrast.</summary>
    /// <param name="contrast">The contrast.</param>
    /// <param name="levels">The factor's levels, at least two.</param>
    let suffixes contrast (levels: string[]) : string[] =
        match contrast with
        | Contrast.Treatment -> Array.tail levels
        | Contrast.Sas -> Array.take (levels.Length - 1) levels
        | Contrast.Sum
        | Contrast.Helmert -> Array.init (levels.Length - 1) (fun j -> string (j + 1))
        | Contrast.Polynomial ->
            Array.init (levels.Length - 1) (fun j ->
                match j with
                | 0 -> ".L"
                | 1 -> ".Q"
                | 2 -> ".C"
                | _ -> $"^{j + 1}")

    /// <summary>The contrasts of a factor: for each of its L − 1 columns the value at each of its L levels.</summary>
    let columns contrast levels : float[][] =
        let column value =
            Array.init (levels - 1) (fun j -> Array.init levels (fun i -> value i j))

        match contrast with
        | Contrast.Treatment -> column (fun i j -> if i = j + 1 then 1.0 else 0.0)
        | Contrast.Sas -> column (fun i j -> if i = j then 1.0 else 0.0)
        | Contrast.Sum ->
            column (fun i j ->
                if i = levels - 1 then -1.0
                elif i = j then 1.0
                else 0.0)
        | Contrast.Helmert ->
            column (fun i j ->
                if i <= j then -1.0
                elif i = j + 1 then float (j + 1)
                else 0.0)
        | Contrast.Polynomial ->
            let scores = Array.init levels (fun i -> float (i + 1))
            OrthogonalPolynomial.evaluate (OrthogonalPolynomial.fit (levels - 1) (Repeated.once scores)) scores
