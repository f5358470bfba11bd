namespace LmmFunctional.Analysis

open LmmFunctional
open LmmFunctional.Estimation

/// <summary>Which functions of the coefficients of all columns of X the data determine.</summary>
[<RequireQualifiedAccess>]
module internal Estimable =

    // Coefficients of dropped columns are cleared of noise when they are found; this is rounding.
    let private tolerance = 1e-8

    /// The dropped columns along which a function changes, with the largest change relative to its size.
    let private changes (design: FixedDesign) (contrast: float[]) = [
        for d in 0 .. design.NullSpace.Columns - 1 do
            let mutable change = 0.0
            let mutable size = 0.0

            for i in 0 .. contrast.Length - 1 do
                change <- change + contrast[i] * design.NullSpace[i, d]
                size <- max size (abs (contrast[i] * design.NullSpace[i, d]))

            if abs change > tolerance * max size 1e-300 && size > 0.0 then
                design.Dropped[d]
    ]

    /// <summary>A function of all columns as one of the kept columns.</summary>
    /// <param name="design">The fixed effects.</param>
    /// <param name="name">What the function is called in messages.</param>
    /// <param name="contrast">Its coefficients on AllNames.</param>
    /// <returns>Coefficients on Names, or: the function is not estimable, with the columns that make it so.</returns>
    let reduce (design: FixedDesign) name (contrast: float[]) : Result<float[], LmmError list> =
        match changes design contrast with
        | [] ->
            let position =
                design.AllNames |> Seq.mapi (fun index name -> name, index) |> readOnlyDict

            Ok(design.Names |> Seq.map (fun name -> contrast[position[name]]) |> Array.ofSeq)
        | dropped -> Error [ LmmError.NotEstimable(name, dropped) ]
