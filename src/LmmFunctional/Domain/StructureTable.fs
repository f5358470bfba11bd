namespace LmmFunctional.Model

/// <summary>What the catalogue knows of each structure.</summary>
[<RequireQualifiedAccess>]
module internal StructureTable =

    let private entry name word title parameters element range = {
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

    let private alone entry = { entry with NeedsSubjects = false }

    let private taking coordinate entry = { entry with Coordinate = coordinate }

    let private partner name entry = { entry with Partner = Some name }

    let private also names entry = { entry with Elsewhere = names }

    let private spatial name word title element range elsewhere =
        {
            entry name word title "2" element range with
                MostCoordinates = None
        }
        |> alone
        |> taking StructureCoordinate.Values
        |> also elsewhere

    let private anisotropic isotropic = {
        isotropic with
            Name = isotropic.Name + "a"
            Word = isotropic.Word + " ... |> anisotropic"
            Title = "anisotropic " + isotropic.Title
            Parameters = isotropic.Parameters.Replace("2", "c + 1").Replace("3", "c + 2")
            Element =
                if isotropic.Name = "sp_pow" then
                    "s² Π_c rho_c^h_c"
                else
                    isotropic.Element + ", where h/r = √(Σ_c (h_c/r_c)²)"
            Elsewhere = []
    }

    let private exponential =
        spatial "sp_exp" "spatialExponential" "spatial exponential" "s² exp(-h/r)" "r > 0" [
            "sp(exp)"
            "corExp"
            "exponential"
        ]

    let private gaussian =
        spatial "sp_gau" "spatialGaussian" "spatial Gaussian" "s² exp(-h²/r²)" "r > 0" [ "sp(gau)"; "corGaus" ]

    let private spherical = {
        spatial
            "sp_sph"
            "spatialSpherical"
            "spatial spherical"
            "s² (1 - 1.5 h/r + 0.5 (h/r)³) for h < r, else 0"
            "r > 0"
            [ "sp(sph)"; "corSpher" ] with
            MostCoordinates = Some 3
    }

    let private power =
        spatial "sp_pow" "spatialPower" "spatial power" "s² rho^h" "0 <= rho < 1" [ "sp(pow)" ]

    let private matern = {
        spatial "sp_mat" "spatialMatern" "Matérn" "s² 2^(1-nu)/Γ(nu) (h/r)^nu K_nu(h/r)" "r > 0, nu > 0" [
            "sp(matern)"
            "matern"
            "corMatern"
        ] with
            Parameters = "3"
    }

    // The same with its smoothness given.
    let private maternOf entry = {
        entry with
            Arguments = [ "nu" ]
            Word = entry.Word.Replace("spatialMatern", "spatialMaternOf nu")
            Title = entry.Title + " of known smoothness"
            Parameters = entry.Parameters.Replace("3", "2").Replace("c + 2", "c + 1")
            Range = "r > 0; nu is 0.5, 1.5 or 2.5"
            Elsewhere = []
    }

    let private withArguments arguments word entry = {
        entry with
            Arguments = arguments
            Word = word
            Elsewhere = []
    }

    let private toeplitz =
        entry "toep" "toeplitz" "Toeplitz" "m" "s² rho_|i-j|" "positive definite"
        |> taking StructureCoordinate.Order
        |> partner "toeph"
        |> also [ "toeplitz" ]

    let private heterogeneousToeplitz =
        entry "toeph" "heterogeneousToeplitz" "heterogeneous Toeplitz" "2m - 1" "s_i s_j rho_|i-j|" "positive definite"
        |> taking StructureCoordinate.Order
        |> partner "toep"

    /// Every structure, in the order of the documentation.
    let all: StructureEntry list = [
        entry "id" "identity" "identity" "1" "s² for i = j, else 0" "s² >= 0"
        |> partner "diag"
        |> also [ "vc"; "simple"; "iid" ]
        entry "diag" "diagonal" "diagonal" "m" "s_i² for i = j, else 0" "s_i² >= 0"
        |> partner "id"
        |> also [ "un(1)"; "uncorrelated" ]
        entry "cs" "compoundSymmetry" "compound symmetry" "2" "s² rho" "-1/(m-1) < rho < 1"
        |> partner "csh"
        |> also [ "corCompSymm"; "exchangeable"; "compoundSymmetry" ]
        entry
            "csh"
            "heterogeneousCompoundSymmetry"
            "heterogeneous compound symmetry"
            "m + 1"
            "s_i s_j rho"
            "-1/(m-1) < rho < 1"
        |> partner "cs"
        entry "ar1" "ar1" "first-order autoregressive" "2" "s² rho^|i-j|" "-1 < rho < 1"
        |> alone
        |> taking StructureCoordinate.Order
        |> partner "arh1"
        |> also [ "ar(1)"; "ar"; "corAR1"; "autoregressive" ]
        entry "arh1" "arh1" "heterogeneous first-order autoregressive" "m + 1" "s_i s_j rho^|i-j|" "-1 < rho < 1"
        |> taking StructureCoordinate.Order
        |> partner "ar1"
        |> also [ "arh(1)"; "hetar1" ]
        entry "car1" "car1" "continuous-time autoregressive" "2" "s² rho^|t_i-t_j|" "0 <= rho < 1"
        |> alone
        |> taking StructureCoordinate.Values
        |> also [ "corCAR1"; "ou" ]
        entry
            "arma"
            "arma p q"
            "autoregressive moving average"
            "p + q + 1"
            "s² gamma(|i-j|)/gamma(0) of the stationary process"
            "stationary and invertible"
        |> alone
        |> taking StructureCoordinate.Order
        |> withArguments [ "p"; "q" ] "arma p q"
        |> also [ "corARMA" ]
        toeplitz
        heterogeneousToeplitz
        {
            toeplitz with
                Title = "banded Toeplitz"
                Parameters = "k"
                Element = "s² rho_|i-j| for |i-j| < k, else 0"
        }
        |> withArguments [ "k" ] "bandedToeplitz k"
        {
            heterogeneousToeplitz with
                Title = "banded heterogeneous Toeplitz"
                Parameters = "m + k - 1"
                Element = "s_i s_j rho_|i-j| for |i-j| < k, else 0"
        }
        |> withArguments [ "k" ] "bandedHeterogeneousToeplitz k"
        entry
            "ad1"
            "anteDependence"
            "first-order ante-dependence"
            "2m - 1"
            "s_i s_j rho_i ... rho_(j-1)"
            "-1 < rho_i < 1"
        |> taking StructureCoordinate.Order
        |> also [ "ante(1)"; "ante"; "ad" ]
        entry "us" "unstructured" "unstructured" "m(m + 1)/2" "s_ij" "positive definite"
        |> also [ "un"; "corSymm"; "unstructured"; "general" ]
        entry
            "fa"
            "factorAnalytic q"
            "factor-analytic"
            "mq - q(q - 1)/2 + m"
            "(G G')_ij + d_i for i = j, G m by q"
            "d_i >= 0"
        |> withArguments [ "q" ] "factorAnalytic q"
        |> also [ "rr" ]
        entry "fa0" "reducedRank q" "reduced rank" "mq - q(q - 1)/2" "(G G')_ij, G m by q" "any G"
        |> withArguments [ "q" ] "reducedRank q"
        exponential
        gaussian
        spherical
        matern
        maternOf matern
        power
        anisotropic exponential
        anisotropic gaussian
        anisotropic spherical
        anisotropic matern
        maternOf (anisotropic matern)
        anisotropic power
        {
            entry "known" "relatedBy" "known matrix" "1" "s² A_ij" "A positive semidefinite" with
                NeedsSubjects = false
        }
        {
            entry
                "kron"
                "kronecker"
                "Kronecker product"
                "those of its parts, one variance"
                "the product of the parts' elements"
                "that of its parts" with
                NeedsSubjects = false
                MostCoordinates = None
        }
    ]
