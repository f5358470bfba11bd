namespace LmmFunctional.Analysis

open LmmFunctional.Model

/// <summary>Covariance structures as formulas of their elements.</summary>
[<RequireQualifiedAccess>]
module internal StructureMath =

    let private letter text = MathText.Letter text
    let private sub body lower = MathText.Sub(letter body, letter lower)
    let private row = MathText.Row
    let private operator text = MathText.Operator text
    let private sigma2 = MathText.Super(letter "σ", MathText.Number "2")
    let private both = row [ sub "σ" "i"; sub "σ" "j" ]

    let private lag =
        row [ operator "|"; letter "i"; operator "−"; letter "j"; operator "|" ]

    let private power exponent = MathText.Super(letter "ρ", exponent)

    let private distance = MathText.Sub(letter "h", row [ letter "i"; letter "j" ])

    let private exponential inside =
        row [ MathText.Name "exp"; MathText.Brackets inside ]

    let private ratio = MathText.Fraction(distance, letter "ρ")

    /// The correlation of a spatial structure at distance h.
    let private spatial correlation =
        match correlation with
        | SpatialCorrelation.Exponential -> exponential (row [ operator "−"; ratio ])
        | SpatialCorrelation.Gaussian ->
            exponential (
                row [
                    operator "−"
                    MathText.Fraction(
                        MathText.SubSuper(letter "h", row [ letter "i"; letter "j" ], MathText.Number "2"),
                        MathText.Super(letter "ρ", MathText.Number "2")
                    )
                ]
            )
        | SpatialCorrelation.Power -> power distance
        | SpatialCorrelation.Spherical ->
            row [
                MathText.Number "1"
                operator "−"
                MathText.Fraction(MathText.Number "3", MathText.Number "2")
                ratio
                operator "+"
                MathText.Fraction(MathText.Number "1", MathText.Number "2")
                MathText.Super(MathText.Brackets ratio, MathText.Number "3")
            ]
        | SpatialCorrelation.Matern smoothness ->
            let nu =
                match smoothness with
                | Some value -> MathText.Number(NumberText.significant 3 value)
                | None -> letter "ν"

            row [ MathText.Sub(letter "M", nu); MathText.Brackets ratio ]

    /// <summary>Element (i, j) of the matrix.</summary>
    let rec element (structure: Structure) : MathText =
        match structure with
        | Structure.Identity -> row [ sigma2; MathText.Name " if "; letter "i"; operator "="; letter "j" ]
        | Structure.Diagonal ->
            row [
                MathText.SubSuper(letter "σ", letter "i", MathText.Number "2")
                MathText.Name " if "
                letter "i"
                operator "="
                letter "j"
            ]
        | Structure.Unstructured -> MathText.Sub(letter "σ", row [ letter "i"; letter "j" ])
        | Structure.CompoundSymmetry -> row [ sigma2; letter "ρ" ]
        | Structure.HeterogeneousCompoundSymmetry -> row [ both; letter "ρ" ]
        | Structure.Autoregressive -> row [ sigma2; power lag ]
        | Structure.HeterogeneousAutoregressive -> row [ both; power lag ]
        | Structure.ContinuousAutoregressive ->
            row [
                sigma2
                power (row [ operator "|"; sub "t" "i"; operator "−"; sub "t" "j"; operator "|" ])
            ]
        | Structure.AutoregressiveMovingAverage _ -> row [ sigma2; letter "γ"; MathText.Brackets lag ]
        | Structure.Toeplitz _ -> row [ sigma2; MathText.Sub(letter "ρ", lag) ]
        | Structure.HeterogeneousToeplitz _ -> row [ both; MathText.Sub(letter "ρ", lag) ]
        | Structure.AnteDependence ->
            row [
                both
                sub "ρ" "i"
                operator "…"
                MathText.Sub(letter "ρ", row [ letter "j"; operator "−"; MathText.Number "1" ])
            ]
        | Structure.FactorAnalytic _ ->
            row [
                MathText.Sub(
                    MathText.Brackets(row [ MathText.Bold "Γ"; MathText.Bold "Γ"; operator "′" ]),
                    row [ letter "i"; letter "j" ]
                )
                operator "+"
                MathText.SubSuper(letter "σ", letter "i", MathText.Number "2")
                MathText.Name " if "
                letter "i"
                operator "="
                letter "j"
            ]
        | Structure.ReducedRank _ ->
            MathText.Sub(
                MathText.Brackets(row [ MathText.Bold "Γ"; MathText.Bold "Γ"; operator "′" ]),
                row [ letter "i"; letter "j" ]
            )
        | Structure.Spatial(correlation, _) -> row [ sigma2; spatial correlation ]
        | Structure.Kronecker(first, second) -> row [ element first; operator "⊗"; element second ]
